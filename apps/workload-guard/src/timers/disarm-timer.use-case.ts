import type { TimerKey } from '@snapfleet/workloads';
import type { Watch } from '../bring-back/watch.js';
import type { BootClock } from '../time/boot-clock.js';
import type { BroughtBackTimer, DisarmedTimer } from './timer.js';
import type { Timers } from './timers.js';

/**
 * Ends a timer whose workload was put back. One that fires already may have put it back too: its attempt is ended, and what
 * is told is that it was faster.
 */
export class DisarmTimerUseCase {
  constructor(
    private readonly timers: Timers,
    private readonly watch: Pick<Watch, 'end'>,
    private readonly clock: BootClock,
  ) {}

  async run(key: TimerKey): Promise<BroughtBackTimer | DisarmedTimer> {
    if (this.timers.find(key)?.state === 'firing') await this.watch.end(key);
    const timer = this.timers.disarm(key);
    if (timer.state !== 'firing') return timer;
    return this.timers.finish(timer, { resumedAt: this.clock.now().toISOString() });
  }
}
