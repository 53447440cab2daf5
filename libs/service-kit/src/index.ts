export { kubernetesConnection, kubernetesSettings, type KubernetesSettings } from './kubernetes-settings.js';
export { currentLogContext, runInContext } from './log-context.js';
export {
  runService,
  type MessagelessService,
  type RunningService,
  type ServiceOptions,
  type ServiceTransport,
  type TransportTools,
} from './run-service.js';
export { ServiceLog, type ServiceLogOptions } from './service-log.js';
export {
  baseSettings,
  natsConnection,
  readSettings,
  serviceSettings,
  type BaseSettings,
  type ServiceSettings,
} from './settings.js';
