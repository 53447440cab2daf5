import { readSettings, runService } from '@snapfleet/service-kit';
import { AppModule } from './app.module.js';
import { clusterToken, type Cluster } from './cluster-access.js';
import { Watch } from './bring-back/watch.js';
import { WorkloadGuardSettings } from './config.js';
import { TimerSocket } from './socket/timer-socket.js';

const readinessMs = 2_000;
const settings = readSettings(WorkloadGuardSettings, process.env);

await runService({
  party: 'workload-guard',
  module: AppModule.with(settings),
  settings,
  readiness: async (app) => {
    const answer = app.get<Cluster>(clusterToken).version({ signal: AbortSignal.timeout(readinessMs) });
    return {
      timers: app.get(Watch).healthy,
      socket: app.get(TimerSocket).listening,
      kubernetes: await answer.then(Boolean, () => false),
    };
  },
});
