import { KubernetesClient } from '@snapfleet/kubernetes';
import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { ClusterOperatorSettings } from './config.js';

const party = 'cluster-operator';
const readinessMs = 2_000;
const settings = readSettings(ClusterOperatorSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  createTransport: ({ log, runInContext }) =>
    new JetStreamServer({ party, ...natsConnection(settings), log, runInContext }),
  readiness: async (app) => {
    const answer = app.get(KubernetesClient).version({ signal: AbortSignal.timeout(readinessMs) });
    return { kubernetes: await answer.then(Boolean, () => false) };
  },
});
