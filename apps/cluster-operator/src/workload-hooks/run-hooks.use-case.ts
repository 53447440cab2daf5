import type { DataOf, ReplyOf, WorkloadRunHooks } from '@snapfleet/contracts';
import {
  expectNotable,
  mostRefusedNotes,
  noteEndOfHooks,
  type NoteRefusedError,
  type WorkloadGuard,
} from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';
import type { RunningSteps } from '../marks/running-steps.js';
import { AfterHooksUseCase } from './after-hooks.use-case.js';
import { BeforeHooksUseCase } from './before-hooks.use-case.js';
import { HooksTimer } from './hooks-timer.js';
import { SharedRuns } from './shared-runs.js';

type Command = DataOf<typeof WorkloadRunHooks>;
type Reply = ReplyOf<typeof WorkloadRunHooks>;

const longestText = 1024;

/**
 * Runs the hooks of an operation, and sees to it that those of before the cut do not come after those of after it. Those of
 * after it are with the workload guard before the first hook runs.
 */
export class RunHooksUseCase {
  private readonly runs = new SharedRuns<Reply>();
  private readonly before: BeforeHooksUseCase;
  private readonly after: AfterHooksUseCase;
  private readonly timer: HooksTimer;

  constructor(
    private readonly cluster: Cluster,
    private readonly steps: RunningSteps,
    guard: WorkloadGuard,
    now: () => Date,
  ) {
    this.timer = new HooksTimer(guard);
    this.before = new BeforeHooksUseCase(cluster, now);
    this.after = new AfterHooksUseCase(cluster, now);
  }

  /**
   * @throws SnapfleetError guard_unavailable and hooks_unsupported, with nothing run; hook_failed, operation_superseded;
   *   KubernetesApiError; the signal's reason
   */
  run(command: Command, signal: AbortSignal): Promise<Reply> {
    const { moment, operationId } = command;
    const id = `operation ${operationId}`;
    return this.runs.run(`${id} ${moment}`, () =>
      moment === 'before'
        ? this.steps.run(id, signal, (either) => this.#makeReady(command, either))
        : this.#letGoOn(command, id, signal),
    );
  }

  async #makeReady(command: Command, signal: AbortSignal): Promise<Reply> {
    await expectNotable(this.cluster, command, signal);
    await this.timer.arm(command, signal);
    return this.before.run(command, signal);
  }

  async #letGoOn(command: Command, id: string, signal: AbortSignal): Promise<Reply> {
    const refused = await this.#note(command, id, signal);
    const reply = await this.after.run(command, signal);
    const noted = refused === undefined ? reply : { ...reply, unproven: refused.message.slice(0, longestText) };
    return this.timer.end(command, noted, signal);
  }

  /**
   * The note comes first: what has not begun by then finds it, and what has begun is ended here. An application is not held
   * for ever for the sake of the note: without it the timer still refuses hooks of before the cut, once it has ended.
   */
  async #note(command: Command, id: string, signal: AbortSignal): Promise<NoteRefusedError | undefined> {
    let refused: NoteRefusedError | undefined;
    try {
      refused = await noteEndOfHooks(this.cluster, command, signal);
    } finally {
      await this.steps.end(id);
    }
    if (refused !== undefined && (command.failedBefore ?? 0) + 1 < mostRefusedNotes) throw refused;
    return refused;
  }
}
