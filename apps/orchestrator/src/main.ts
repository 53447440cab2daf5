import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { RejectCommandUseCase } from './accept/reject-command.use-case.js';
import { AppModule } from './app.module.js';
import { OrchestratorSettings } from './config.js';
import { OperationRunner } from './operations/operation-runner.js';

const party = 'orchestrator';
const settings = readSettings(OrchestratorSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  readiness: (app) => Promise.resolve({ operations: app.get(OperationRunner).healthy }),
  createTransport: ({ app, log, runInContext }) =>
    new JetStreamServer({
      party,
      ...natsConnection(settings),
      log,
      runInContext,
      onRejected: async (definition, envelope, _payload, error, subject) => {
        if (!subject.startsWith('snap.v1.cmd.')) return;
        const command = definition?.name ?? envelope?.type ?? subject;
        const refused = { command, commandId: envelope?.id, traceparent: envelope?.traceparent };
        await app.get(RejectCommandUseCase).run(refused, error);
      },
    }),
});
