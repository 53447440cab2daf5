import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService, ServiceLog } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { DeviceSimulatorSettings } from './config.js';

// The part of host-lvm is played here: the same commands, answered from directories.
const party = 'host-lvm';
const settings = readSettings(DeviceSimulatorSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  log: new ServiceLog({
    level: settings.SNAPFLEET_LOG_LEVEL,
    service: 'device-simulator',
    device: settings.SNAPFLEET_DEVICE,
  }),
  createTransport: ({ log, runInContext }) =>
    new JetStreamServer({ party, ...natsConnection(settings), log, runInContext }),
});
