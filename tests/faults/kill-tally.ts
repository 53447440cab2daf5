import type { KillLoop, KillVerdict } from '../host/kill-loop.js';

/** What the rounds of kills add up to, of all guests. */
export class KillTally {
  readonly #verdicts: KillVerdict[] = [];
  readonly #loops: KillLoop[] = [];
  #given = 0;

  constructor(private readonly points: readonly string[]) {}

  add(loop: KillLoop): void {
    this.#loops.push(loop);
  }

  note(verdict: KillVerdict): void {
    this.#verdicts.push(verdict);
  }

  /** The point that the next round is about: each in turn. */
  nextPoint(): string {
    const point = this.points[this.#given % this.points.length];
    if (point === undefined) throw new Error('host-lvm has no points');
    this.#given += 1;
    return point;
  }

  get rounds(): number {
    return this.#verdicts.length;
  }

  /** Nothing was left in any round. */
  get clean(): boolean {
    return this.#leaky === 0;
  }

  get kills(): number {
    return this.#sum('service') + this.#sum('children');
  }

  table(): string {
    const reached = total(this.#loops.map((loop) => loop.reached));
    const ends = total(this.#loops.map(({ load }) => load.ends));
    const atPoints = [...reached.values()].reduce((sum, times) => sum + times, 0);
    const rows: readonly (readonly [string, number])[] = [
      ['kills', this.kills],
      ['of host-lvm', this.#sum('service')],
      ['  before it had started', this.#sum('inStart')],
      ['  at a point of its work', atPoints],
      ['of its children', this.#sum('children')],
      ['points reached', reached.size],
      ['points there are', this.points.length],
      ['rounds', this.rounds],
      ['rounds with leaks', this.#leaky],
      ['commands answered', ends.get('answered') ?? 0],
      ['wrong data read', this.#loops.reduce((sum, { load }) => sum + load.wrongData.length, 0)],
    ];
    const missing = this.points.filter((point) => !reached.has(point));
    return [
      ...rows.map(([name, count]) => `${name.padEnd(26)}${String(count).padStart(6)}`),
      `commands by their end: ${JSON.stringify(Object.fromEntries(ends))}`,
      ...(missing.length === 0 ? [] : [`points that were not reached: ${missing.join(' ')}`]),
    ].join('\n');
  }

  get #leaky(): number {
    return this.#verdicts.filter(({ leaks }) => leaks.length > 0).length;
  }

  #sum(what: 'service' | 'inStart' | 'children'): number {
    return this.#verdicts.reduce((sum, verdict) => sum + verdict[what], 0);
  }
}

function total(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const count of counts) for (const [name, times] of count) sums.set(name, (sums.get(name) ?? 0) + times);
  return sums;
}
