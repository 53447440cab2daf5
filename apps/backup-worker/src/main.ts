import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { BackUpRestorePoint } from './back-up/back-up-restore-point.use-case.js';
import { abandonRejected } from './back-up/backup-orders.js';
import { workerSettings } from './config.js';

const party = 'backup-worker';
const settings = readSettings(workerSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  createTransport: ({ app, log, runInContext }) => {
    const onRejected = abandonRejected(() => app.get(BackUpRestorePoint));
    return new JetStreamServer({ party, ...natsConnection(settings), log, runInContext, onRejected });
  },
});
