import type { Cluster } from '../cluster-access.js';
import { isHeld, resumeProgress } from '@snapfleet/workloads';
import type { Report } from '../bring-back/bring-back.js';
import { aboutOf } from '../timers/timer.js';
import type { Timers } from '../timers/timers.js';

/** Ends the timers of workloads that were put back while the guard could not be told. */
export class DisarmResumedUseCase {
  constructor(
    private readonly timers: Timers,
    private readonly cluster: Cluster,
    private readonly report: Report,
  ) {}

  /** @throws KubernetesApiError */
  async run(signal: AbortSignal): Promise<void> {
    for (const timer of this.timers.open()) {
      const { state, operationId, fencingToken, namespace, saved } = timer;
      // Of hooks nothing can be seen from outside: they run once more when the time is over.
      if (state !== 'armed' || isHeld(saved)) continue;
      const quiesced = { operationId, fencingToken, namespace, workload: saved };
      if ((await resumeProgress(this.cluster, quiesced, signal)) !== 'done') continue;
      this.timers.disarm(timer, 'before');
      this.report('warn', 'timer.found-resumed', aboutOf(quiesced));
    }
  }
}
