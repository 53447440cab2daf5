import type { Cluster } from '../cluster-access.js';
import { resumeProgress } from '@snapfleet/workloads';
import type { Report } from '../bring-back/bring-back.js';
import { aboutOf, quiescedOf } from '../timers/timer.js';
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
      if (timer.state !== 'armed') continue;
      if ((await resumeProgress(this.cluster, quiescedOf(timer), signal)) !== 'done') continue;
      this.timers.disarm(timer);
      this.report('warn', 'timer.found-resumed', aboutOf(quiescedOf(timer)));
    }
  }
}
