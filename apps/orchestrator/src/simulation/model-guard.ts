import { SnapfleetError } from '@snapfleet/contracts';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

/** What the guard does to the cluster, and what it sees of it. */
export interface GuardedDevice {
  /** The steps of `workload.resume`; each yields the milliseconds until its next request to the API server. */
  bringBack(operationId: string): Generator<number, string | undefined, void>;
  readySnapshots(): readonly string[];
}

interface ModelTimer {
  state: 'armed' | 'firing' | 'brought-back' | 'disarmed';
  readonly forget: () => void;
  readonly armedMs: number;
  at: string;
  readySnapshots: readonly string[];
  downtimeMs: number | undefined;
  conflict?: string | undefined;
}

/** The workload guard. It is never killed here: its own tests kill it at each point. */
export class ModelGuard {
  /** How many times a timer was faster than its operation. */
  fired = 0;
  private readonly timers = new Map<string, ModelTimer>();

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly device: GuardedDevice,
  ) {}

  /** @throws SnapfleetError operation_superseded */
  arm(operationId: string, maximumDowntimeSeconds: number): void {
    const known = this.timers.get(operationId);
    if (known?.state === 'armed') return;
    if (known !== undefined) throw new SnapfleetError('operation_superseded', `its timer is ${known.state}`);
    const forget = this.time.after(maximumDowntimeSeconds * 1000, () => this.fire(operationId));
    const armedMs = this.time.elapsedMs;
    this.timers.set(operationId, {
      state: 'armed',
      forget,
      armedMs,
      at: '',
      readySnapshots: [],
      downtimeMs: undefined,
    });
  }

  /** What `workload.resume` is told after it has put the workload back. */
  disarm(operationId: string): Record<string, unknown> {
    const timer = this.timers.get(operationId) ?? this.neverArmed(operationId);
    if (timer.state === 'armed') {
      timer.forget();
      timer.state = 'disarmed';
      timer.downtimeMs = this.time.elapsedMs - timer.armedMs;
    }
    if (timer.state === 'firing') this.finish(timer);
    const { state, at, readySnapshots, downtimeMs, conflict } = timer;
    const downtime = downtimeMs === undefined ? {} : { downtimeMs };
    if (state === 'disarmed') return downtime;
    const told = conflict === undefined ? {} : { conflict };
    return { ...downtime, ...told, resumedAt: at, broughtBack: { by: 'dead-man-timer', at, readySnapshots } };
  }

  private neverArmed(operationId: string): ModelTimer {
    const forget = (): void => undefined;
    const about = { armedMs: 0, at: '', readySnapshots: [], downtimeMs: undefined };
    const timer: ModelTimer = { state: 'disarmed', forget, ...about };
    this.timers.set(operationId, timer);
    return timer;
  }

  private fire(operationId: string): void {
    const timer = this.timers.get(operationId);
    if (timer?.state !== 'armed') return;
    const readySnapshots = this.device.readySnapshots();
    // Between what it sees and what it does time passes.
    this.time.after(this.random.between(1, 50), () => {
      if (timer.state !== 'armed') return;
      timer.state = 'firing';
      timer.readySnapshots = readySnapshots;
      this.fired += 1;
      this.advance(timer, this.device.bringBack(operationId));
    });
  }

  private advance(timer: ModelTimer, steps: Generator<number, string | undefined, void>): void {
    if (timer.state !== 'firing') return;
    const next = steps.next();
    if (next.done === true) this.finish(timer, next.value);
    else this.time.after(next.value, () => this.advance(timer, steps));
  }

  private finish(timer: ModelTimer, conflict?: string): void {
    timer.conflict = conflict;
    timer.state = 'brought-back';
    timer.at = this.time.now().toISOString();
    timer.downtimeMs = this.time.elapsedMs - timer.armedMs;
  }
}
