import {
  type AgentCommandDefinition,
  type RestorePoint,
  type RestorePointId,
  SnapfleetError,
} from '@snapfleet/contracts';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalOwnership, JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { OrphanStore } from '../journal/orphan.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import { backOffMs } from '../workflow/back-off.js';
import type { Failpoint } from './failpoint.js';
import type {
  BegunOperation,
  Operation,
  RestorePoints,
  Step,
  StepCall,
  StepOutcome,
  WorkflowContext,
} from './operation.js';
import type { WorkflowRegistry } from './workflow-registry.js';

/** Sends a command to another service of the device and gives its reply. */
export interface StepCaller {
  call(
    definition: AgentCommandDefinition,
    data: unknown,
    options: { deadlineMs: number; workflowId: string; causationId: string; signal: AbortSignal },
  ): Promise<unknown>;
}

/** The runner's hold on time. */
export interface Clock {
  now(): Date;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

interface RunnerParts {
  readonly journal: JournalTransactions & JournalOwnership;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly events: EventRecorder;
  readonly workflows: WorkflowRegistry;
  readonly caller: StepCaller;
  readonly clock: Clock;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
  readonly orphans?: Pick<OrphanStore, 'remove'>;
  /** For fault tests only. */
  readonly failpoint?: Failpoint | undefined;
}

/**
 * Carries operations through: stores the state, runs its step, stores what follows, until the end. Operations that share a
 * volume or a workload run one after the other. After a crash `start` takes up every open operation at the step it was in; the
 * steps are idempotent, so running one again is safe.
 */
export class OperationRunner {
  private readonly queues = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly cancelling = new Map<string, AbortController>();
  private readonly stuck = new Set<string>();

  constructor(private readonly parts: RunnerParts) {}

  /** Whether every operation advances; false while the journal cannot be written. */
  get healthy(): boolean {
    return this.stuck.size === 0;
  }

  /** Takes up what the journal holds. */
  start(): void {
    for (const operation of this.parts.operations.open()) this.enqueue(operation);
  }

  /** Runs an operation that is in the journal, after those before it that share a resource with it. */
  enqueue({ operationId, resources }: Operation): void {
    const before = Promise.all(resources.map((resource) => this.queues.get(resource) ?? Promise.resolve()));
    const run = before.then(() => this.run(operationId));
    for (const resource of resources) this.queues.set(resource, run);
    void run.then(() => {
      for (const resource of resources) if (this.queues.get(resource) === run) this.queues.delete(resource);
    });
  }

  /** Interrupts the step that an operation is in, when its workflow allows that; the journal holds the wish. */
  cancel(operationId: string): void {
    this.cancelling.get(operationId)?.abort();
  }

  /** Ends the running steps without an outcome; they are taken up again by the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.queues.values());
  }

  /** An operation is never given up: what cannot be stored now, for example on a full disk, is tried until it can. */
  private async run(operationId: Operation['operationId']): Promise<void> {
    const { clock, report } = this.parts;
    for (let attempt = 1; !this.stopping.signal.aborted; attempt += 1) {
      try {
        await this.runToEnd(operationId);
        this.stuck.delete(operationId);
        return;
      } catch (error) {
        this.stuck.add(operationId);
        report('operation.stuck', { operationId, attempt, error });
        await clock.sleep(backOffMs(attempt), this.stopping.signal).catch(() => undefined);
      }
    }
  }

  private async runToEnd(operationId: Operation['operationId']): Promise<void> {
    try {
      for (;;) {
        const operation = this.parts.operations.find(operationId);
        if (operation === undefined || operation.finished || this.stopping.signal.aborted) return;
        await this.advance(this.begun(operation));
      }
    } finally {
      this.cancelling.delete(operationId);
    }
  }

  /** Its fencing token is durable before its first step: tokens are in the order in which operations begin. */
  private begun(operation: Operation): BegunOperation {
    const { journal, operations } = this.parts;
    const { operationId, fencingToken } = operation;
    if (fencingToken !== undefined) return { ...operation, fencingToken };
    const given = journal.transaction(() => operations.giveFencingToken(operationId));
    return { ...operation, fencingToken: given };
  }

  private async advance(operation: BegunOperation): Promise<void> {
    const { workflows, clock } = this.parts;
    const workflow = workflows.of(operation.kind);
    const state = workflow.read(operation.state);
    await this.parts.failpoint?.(phaseOf(state), 'before');
    // A process that was paused here must not begin what its successor may have ended long ago.
    this.parts.journal.expectOwned();
    const outcome = await this.outcomeOf(
      () => workflow.step(state, operation, this.restorePointsOf(operation)),
      operation,
      workflow.cancellable(state),
    );
    if (outcome === undefined) return;
    await this.parts.failpoint?.(phaseOf(state), 'after');
    this.persist(operation, outcome, (context) => workflow.next(state, outcome, context), clock.now());
  }

  /** The end of a step; undefined when the service stops and the step has to be run again. */
  private async outcomeOf(
    next: () => Step,
    operation: Operation,
    cancellable: boolean,
  ): Promise<StepOutcome | undefined> {
    const cancelling = new AbortController();
    if (cancellable) {
      this.cancelling.set(operation.operationId, cancelling);
      if (this.parts.operations.find(operation.operationId)?.cancelRequested === true) return { kind: 'cancelled' };
    } else {
      this.cancelling.delete(operation.operationId);
    }
    const signal = AbortSignal.any([this.stopping.signal, cancelling.signal]);
    try {
      return { kind: 'done', result: await this.perform(next(), operation, signal) };
    } catch (error) {
      if (this.stopping.signal.aborted) return undefined;
      if (cancelling.signal.aborted) return { kind: 'cancelled' };
      this.parts.report('step.failed', { operationId: operation.operationId, error });
      return { kind: 'failed', error: SnapfleetError.from(error).toDetail() };
    }
  }

  private async perform(step: Step, operation: Operation, signal: AbortSignal): Promise<unknown> {
    switch (step.kind) {
      case 'end':
        return undefined;
      case 'wait':
        await this.parts.clock.sleep(step.delayMs, signal);
        return undefined;
      case 'call':
        return this.call(step, operation, signal);
      case 'calls': {
        const failed = new AbortController();
        const endOthers = step.whenOneFails === 'end-others';
        const all = step.calls.map((one) =>
          this.call(one, operation, AbortSignal.any([signal, failed.signal])).catch((error: unknown) => {
            if (endOthers) failed.abort();
            throw error;
          }),
        );
        return allOf(all);
      }
    }
  }

  private call(call: StepCall, { operationId, commandId }: Operation, signal: AbortSignal): Promise<unknown> {
    const options = { deadlineMs: call.deadlineMs, workflowId: operationId, causationId: commandId, signal };
    return this.parts.caller.call(call.definition, call.data, options);
  }

  private restorePointsOf({ operationId, restorePointIds }: Operation): RestorePoints {
    const find = (id: RestorePointId): RestorePoint => {
      const point = this.parts.restorePoints.find(id);
      if (point === undefined)
        throw new SnapfleetError('internal', `operation ${operationId} has no restore point ${id}`);
      return point;
    };
    const [first, ...others] = restorePointIds;
    return [find(first), ...others.map(find)];
  }

  /** One transaction: the state, the restore points, the events, and the operations that follow. */
  private persist(
    operation: BegunOperation,
    outcome: StepOutcome,
    next: (context: WorkflowContext) => ReturnType<ReturnType<WorkflowRegistry['of']>['next']>,
    now: Date,
  ): void {
    const { journal, operations, restorePoints, events, workflows, orphans } = this.parts;
    const followers = journal.transaction(() => {
      const before = this.restorePointsOf(operation);
      const transition = next({ operation, restorePoints: before, allRestorePoints: () => restorePoints.all(), now });
      for (const restorePoint of transition.restorePoints) restorePoints.save(restorePoint);
      operations.save(operation.operationId, transition.state, workflows.of(operation.kind).ended(transition.state));
      const found = transition.fencingTokenFound ?? 0;
      if (found >= operation.fencingToken) operations.giveFencingToken(operation.operationId, found);
      if (transition.purgedOrphan !== undefined) orphans?.remove(transition.purgedOrphan);
      for (const event of transition.events) events.record(event, operation, event.restorePoint ?? before[0], now);
      return (transition.followers ?? []).filter((follower) => operations.add(follower, now));
    });
    this.parts.report('operation.advanced', {
      operationId: operation.operationId,
      kind: operation.kind,
      outcome: outcome.kind,
    });
    events.flush();
    followers.forEach((follower) => {
      this.enqueue(follower);
    });
  }
}

/** The results in order, once all have ended; or the failure that came first. */
async function allOf(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  const noted = calls.map((call) => call.catch((error: unknown) => failures.push(error)));
  const results = await Promise.all(noted);
  if (failures.length > 0) throw failures[0];
  return results;
}

const phaseOf = (state: unknown): string =>
  typeof state === 'object' && state !== null && 'phase' in state ? String(state.phase) : '';
