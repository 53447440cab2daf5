export { currentLogContext, runInContext } from './log-context.js';
export {
  runService,
  type RunningService,
  type ServiceOptions,
  type ServiceTransport,
  type TransportTools,
} from './run-service.js';
export { ServiceLog, type ServiceLogOptions } from './service-log.js';
export { baseSettings, natsConnection, readSettings, type BaseSettings } from './settings.js';
