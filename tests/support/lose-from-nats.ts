import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsServer } from './nats-server.js';

/** Has nats-server lose what lies at these places below its store, as a bad disk does: no key may do it, and nobody is told. */
export async function loseFromNats(
  nats: Pick<NatsServer, 'directory' | 'kill9' | 'restart'>,
  place: RegExp,
): Promise<void> {
  await nats.kill9();
  const names = readdirSync(nats.directory, { recursive: true, encoding: 'utf8' });
  const lost = names.filter((name) => place.test(name));
  if (lost.length === 0) throw new Error(`nats-server keeps nothing at ${String(place)}`);
  for (const name of lost) rmSync(join(nats.directory, name), { recursive: true });
  await nats.restart();
}
