/** Where one state of a workflow can lead, as data. */
export interface StateFacts<Phase extends string> {
  /** The messages that its step sends, one of them or none; empty: it waits, chooses, or has ended. */
  readonly steps: readonly string[];
  readonly next: readonly Phase[];
  readonly cancellable: boolean;
}

/** All states of a workflow, from the first one: the documentation is drawn from it, and tests hold the workflow to it. */
export type Transitions<Phase extends string> = Readonly<Record<Phase, StateFacts<Phase>>>;
