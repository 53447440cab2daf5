import { SnapfleetError } from '@snapfleet/contracts';

interface Running {
  readonly superseded: AbortController;
  readonly ended: Promise<unknown>;
}

/** The steps that run in this process, so that the step that undoes one of them can end it first. */
export class RunningSteps {
  private readonly running = new Map<string, Set<Running>>();

  /** @throws SnapfleetError operation_superseded when it was ended by `end`; what the work throws */
  async run<T>(id: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const superseded = new AbortController();
    const ended = work(AbortSignal.any([signal, superseded.signal]));
    const step = { superseded, ended };
    const steps = this.running.get(id) ?? new Set();
    this.running.set(id, steps.add(step));
    try {
      return await ended;
    } catch (cause) {
      if (!superseded.signal.aborted) throw cause;
      throw new SnapfleetError('operation_superseded', `a later step of ${id} came while this one ran`, { cause });
    } finally {
      steps.delete(step);
      if (steps.size === 0) this.running.delete(id);
    }
  }

  /** Aborts what runs under this id and waits until it has ended. */
  async end(id: string): Promise<void> {
    const steps = [...(this.running.get(id) ?? [])];
    for (const { superseded } of steps) superseded.abort();
    await Promise.allSettled(steps.map(({ ended }) => ended));
  }
}
