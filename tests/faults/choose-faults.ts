import type { Fault } from './fault-list.js';

/** A number in [0, 1) that is the same for the same seed and index. */
function fraction(seed: number, index: number): number {
  const mixed = Math.sin(seed * 12.9898 + index * 78.233) * 43_758.5453;
  return mixed - Math.floor(mixed);
}

/** So many of the faults, in an order that the seed gives. */
export function chooseFaults(faults: readonly Fault[], count: number, seed: number): Fault[] {
  const keyed = faults.map((fault, index) => ({ fault, key: fraction(seed, index) }));
  return keyed
    .sort((one, other) => one.key - other.key)
    .slice(0, count)
    .map(({ fault }) => fault);
}
