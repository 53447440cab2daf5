import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { hostSettings } from './config.js';
import { LvmQueue } from './privileged/lvm-queue.js';

const party = 'host-lvm';

if (process.getuid?.() !== 0) {
  process.stderr.write('host-lvm must run as root: it activates logical volumes and mounts them.\n');
  process.exit(1);
}
const settings = readSettings(hostSettings, process.env);
await runService({
  party,
  module: AppModule.forRoot(settings),
  settings,
  createTransport: ({ log, runInContext }) =>
    new JetStreamServer({ party, ...natsConnection(settings), log, runInContext }),
  readiness: (app) => Promise.resolve({ lvm: app.get(LvmQueue, { strict: false }).hanging === undefined }),
});
