import { Random } from '../support/random.js';
import type { Fault } from './fault-list.js';

/** So many of the faults, in an order that the seed gives. */
export function chooseFaults(faults: readonly Fault[], count: number, seed: number): Fault[] {
  const random = new Random(seed);
  const keyed = faults.map((fault) => ({ fault, key: random.next() }));
  return keyed
    .sort((one, other) => one.key - other.key)
    .slice(0, count)
    .map(({ fault }) => fault);
}
