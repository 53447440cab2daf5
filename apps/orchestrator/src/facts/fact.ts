import type { RestorePoint, RestorePointId } from '@snapfleet/contracts';

/** Where a fact stands: the event stream that held it, by when that was made, and its number there. No clock has a say. */
export interface FactPlace {
  readonly stream: string;
  readonly sequence: number;
}

/** How a fact stands to the one that was taken last about the same. */
export type FactAge = 'first' | 'newer' | 'older' | 'same';

/** What backup worker or verifier tell of a restore point. */
export interface Fact {
  readonly restorePointId: RestorePointId;
  readonly sequence: number;
  /** What it is about: facts of one topic have an order. By the first one it is old or new, those after are settled with it. */
  readonly topics: readonly [string, ...string[]];
  /** The restore point after this fact; undefined: it says nothing any more. */
  readonly change: (point: RestorePoint, age: FactAge) => RestorePoint | undefined;
}

/** A stream that was lost brings nothing any more: what comes from another one is newer. */
export function ageOf(place: FactPlace, last: FactPlace | undefined): FactAge {
  if (last === undefined) return 'first';
  if (last.stream !== place.stream) return 'newer';
  if (last.sequence === place.sequence) return 'same';
  return place.sequence > last.sequence ? 'newer' : 'older';
}
