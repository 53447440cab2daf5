import type { Random } from './random.js';

/** How often what goes wrong in one schedule; 0 is never. */
export interface Faults {
  /** A message or a reply is lost. */
  readonly loss: number;
  /** A message comes twice. */
  readonly duplicate: number;
  /** A message or a reply is minutes late, so that later ones overtake it. */
  readonly late: number;
  /** The orchestrator is killed at a point where it writes, publishes or calls. */
  readonly orchestratorKill: number;
  /** The cluster operator is killed between two requests to the API server. */
  readonly operatorKill: number;
  /** A request of a step to the API server fails. */
  readonly failure: number;
  /** The stream does not take an event. */
  readonly streamDown: number;
  /** The user cancels. */
  readonly cancel: number;
  /** Somebody else has a Pod that uses the claims for a while, or scales the workload up and down again while it is away. */
  readonly outsiders: number;
  /** The command whose first run fails. */
  readonly failsOnce?: string;
}

export const noFaults: Faults = {
  loss: 0,
  duplicate: 0,
  late: 0,
  orchestratorKill: 0,
  operatorKill: 0,
  failure: 0,
  streamDown: 0,
  cancel: 0,
  outsiders: 0,
};

/** Half of the faults are absent in a schedule, the others rare or frequent, so that schedules are different in kind. */
export function randomFaults(random: Random): Faults {
  const some = (most: number): number => (random.happens(0.5) ? 0 : random.next() * most);
  return {
    loss: some(0.4),
    duplicate: some(0.5),
    late: some(0.3),
    orchestratorKill: some(0.2),
    operatorKill: some(0.1),
    failure: some(0.15),
    streamDown: some(0.3),
    cancel: random.happens(0.4) ? 1 : 0,
    outsiders: some(0.6),
  };
}
