import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { workerSettings } from './config.js';

const party = 'backup-worker';
const settings = readSettings(workerSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  createTransport: ({ log, runInContext }) =>
    new JetStreamServer({ party, ...natsConnection(settings), log, runInContext }),
});
