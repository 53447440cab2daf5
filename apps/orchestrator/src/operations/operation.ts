import type {
  AgentCommandDefinition,
  ErrorDetail,
  FencingToken,
  MessageDefinition,
  OperationId,
  OrphanId,
  RestorePoint,
  RestorePointId,
} from '@snapfleet/contracts';

/** The kinds of work that the orchestrator carries through, one for each command with effects. */
export type OperationKind = 'create' | 'restore' | 'delete' | 'backup' | 'verify' | 'purge';

/** One accepted command on its way, as the journal holds it. */
export interface Operation {
  readonly operationId: OperationId;
  readonly kind: OperationKind;
  /** What it has for itself while it runs: operations that share one of these run one after the other. */
  readonly resources: readonly string[];
  /** The restore points that it is about: one, or all of a group that is being made. */
  readonly restorePointIds: readonly [RestorePointId, ...RestorePointId[]];
  /** Id of the command's message; the events that end it carry it as causationid. */
  readonly commandId: string;
  readonly traceparent: string | undefined;
  /** Digest of what was asked for: the same key with another request is refused. */
  readonly requestDigest: string;
  /** The workflow's own state; only the workflow of this kind reads it. */
  readonly state: unknown;
  readonly finished: boolean;
  readonly cancelRequested: boolean;
  /** Given when it begins. */
  readonly fencingToken?: FencingToken | undefined;
}

/** An operation whose turn has come. */
export type BegunOperation = Operation & { readonly fencingToken: FencingToken };

/** An event that is published once the transition that caused it is durable. */
export interface PendingEvent {
  readonly definition: MessageDefinition;
  readonly data: unknown;
  /** Set apart events of the same name within one operation. */
  readonly distinction?: readonly string[];
  /** Which of the operation's restore points it is about; default: the first. */
  readonly restorePoint?: RestorePoint;
}

/** The restore points of an operation. */
export type RestorePoints = readonly [RestorePoint, ...RestorePoint[]];

/** A command to another service of the device. */
export interface StepCall {
  readonly definition: AgentCommandDefinition;
  readonly data: unknown;
  readonly deadlineMs: number;
}

/** How a step ended. */
export type StepOutcome<Result = unknown> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: ErrorDetail }
  | { readonly kind: 'cancelled' };

/** What a workflow does next. */
export type Step =
  | ({ readonly kind: 'call' } & StepCall)
  | {
      /** All at once; the result is the list of their replies. */
      readonly kind: 'calls';
      readonly calls: readonly StepCall[];
      readonly whenOneFails: 'end-others' | 'finish-others';
    }
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'end' };

/** What becomes durable in one transaction after a step. */
export interface Transition<State> {
  readonly state: State;
  readonly events: readonly PendingEvent[];
  /** Those that have changed. */
  readonly restorePoints: readonly RestorePoint[];
  /** Operations that follow from this one, such as the deletion of what the retention no longer keeps. */
  readonly followers?: readonly Operation[];
  /** The highest fencing token that was found on what the operation is about to change: its own has to be higher. */
  readonly fencingTokenFound?: FencingToken;
  /** The orphan that is gone with this step. */
  readonly purgedOrphan?: OrphanId;
}

/** A workflow as data: no I/O, no clock of its own. The runner persists each state before it runs that state's step. */
export interface Workflow<State> {
  readonly kind: OperationKind;
  /** Whether the step of this state may be given up because the user cancels. */
  cancellable(state: State): boolean;
  step(state: State, operation: BegunOperation, restorePoints: RestorePoints): Step;
  next(state: State, outcome: StepOutcome, context: WorkflowContext): Transition<State>;
}

/** What a transition may look at. */
export interface WorkflowContext {
  readonly operation: Operation;
  readonly restorePoints: RestorePoints;
  /** All of the device that are not deleted, the newest first; read when asked for. */
  readonly allRestorePoints: () => readonly RestorePoint[];
  readonly now: Date;
}
