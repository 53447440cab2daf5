import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { verifierSettings } from './config.js';

const party = 'restore-verifier';
const settings = readSettings(verifierSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  createTransport: ({ log, runInContext }) =>
    new JetStreamServer({ party, ...natsConnection(settings), log, runInContext }),
});
