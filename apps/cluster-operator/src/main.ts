import { WorkloadResume, WorkloadRunHooks } from '@snapfleet/contracts';
import { JetStreamServer } from '@snapfleet/messaging';
import { natsConnection, readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { clusterToken, type Cluster } from './cluster-access.js';
import { ClusterOperatorSettings } from './config.js';

const party = 'cluster-operator';
const readinessMs = 2_000;
/** Its handlers wait for the cluster nearly all their time. */
const concurrency = 64;
// What waits must not keep a workload down or locked: its return also ends the step that it waits for.
const urgent = [WorkloadResume, WorkloadRunHooks];
const settings = readSettings(ClusterOperatorSettings, process.env);

await runService({
  party,
  module: AppModule.with(settings),
  settings,
  createTransport: ({ log, runInContext }) =>
    new JetStreamServer({ party, ...natsConnection(settings), log, runInContext, concurrency, urgent }),
  readiness: async (app) => {
    const answer = app.get<Cluster>(clusterToken).version({ signal: AbortSignal.timeout(readinessMs) });
    return { kubernetes: await answer.then(Boolean, () => false) };
  },
});
