import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultBench } from './fault-bench.js';
import type { Losable } from './fault-list.js';

/** Where nats-server keeps each of these, below its store. */
const places: Readonly<Record<Losable, RegExp>> = {
  'the event stream': /\/streams\/EVT$/,
  'all consumers': /\/streams\/[A-Z]+\/obs$/,
};

/** Has nats-server lose something as a bad disk does: no key may delete a stream, and nobody is told. */
export async function lose({ snapfleet: { nats } }: FaultBench, what: Losable): Promise<void> {
  await nats.kill9();
  const names = readdirSync(nats.directory, { recursive: true, encoding: 'utf8' });
  const lost = names.filter((name) => places[what].test(name));
  if (lost.length === 0) throw new Error(`nats-server keeps ${what} somewhere else`);
  for (const name of lost) rmSync(join(nats.directory, name), { recursive: true });
  await nats.restart();
}
