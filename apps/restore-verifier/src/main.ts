import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { verifierSettings } from './config.js';
import { abandonRejected } from './verification-orders.js';
import { VerifyBackup } from './verify-backup/verify-backup.use-case.js';
import { VerifySnapshot } from './verify-snapshot/verify-snapshot.use-case.js';

const party = 'restore-verifier';
const settings = readSettings(verifierSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  createTransport: ({ app, log, runInContext }) => {
    const onRejected = abandonRejected(() => ({ snapshot: app.get(VerifySnapshot), backup: app.get(VerifyBackup) }));
    return new JetStreamServer({ party, ...natsConnection(settings), log, runInContext, onRejected });
  },
});
