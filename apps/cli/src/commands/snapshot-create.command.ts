import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { parseVolume, type Volume } from '../input/parse-arguments.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';
import { addMakingOptions, type MakingOptions, requestFrom, showMaking } from './making.js';

async function create(session: Session, volume: Volume, options: MakingOptions): Promise<number> {
  const { client, library } = session;
  const handle = await client.send(library.SnapshotCreate, { ...volume, ...requestFrom(options) });
  return showMaking(session, handle, options, `Restore point ${handle.restorePointId}`);
}

/** `snapfleet snapshot create` */
export function addSnapshotCreate(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('create')
    .description('make a restore point of a volume, and wait until it is ready')
    .argument('<namespace/claim>', 'the volume, such as shop/orders', parseVolume);
  addMakingOptions(command);
  examples(command, [
    ['snapfleet snapshot create shop/orders', 'without stopping anything'],
    [
      'snapfleet snapshot create shop/orders --quiesce deployment/orders --mover copy --mover restic --until proven',
      'stop the application for the cut, back up twice, prove all of it',
    ],
    [
      'snapfleet snapshot create shop/orders --quiesce deployment/orders --level frozen',
      'stop its processes for the moment of the cut only',
    ],
    [
      `snapfleet snapshot create shop/orders --quiesce statefulset/db --level hooks --before '["timeout", "20", "lock-db"]' --after unlock-db`,
      'let it make itself ready: a program that ends by itself, and one that undoes it',
    ],
    ['snapfleet snapshot create shop/orders --key nightly-2026-11-23 --json | jq -r .restorePointId', 'in a script'],
  ]).action((volume: Volume, options: MakingOptions) =>
    inSession(runtime, command, (session) => create(session, volume, options)),
  );
}
