import { type Command, Option } from 'commander';
import type { CommandHandle, SnapfleetEvent } from '@snapfleet/client';
import { exitCodes } from '../exit-codes.js';
import { examples } from '../input/examples.js';
import { addPolicyOptions, policyFrom, type PolicyOptions } from '../input/policy-options.js';
import { parseVolume, type Volume } from '../input/parse-arguments.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends PolicyOptions, WaitOptions {
  readonly until: 'ready' | 'proven';
  readonly key?: string;
  readonly reason?: string;
  readonly requestedBy?: string;
}

/** Waits for the operation itself where the key was used before: an exit code 0 is to mean that it is done. */
async function ofFirst<Outcome extends SnapfleetEvent>(
  { library }: Session,
  handle: CommandHandle<'snapshot.create'>,
  awaitEnd: (handle: CommandHandle<'snapshot.create'>) => Promise<Outcome>,
): Promise<Outcome> {
  const end = await awaitEnd(handle);
  return end.name === 'command.completed' ? awaitEnd(library.firstWithSameKey(handle)) : end;
}

async function showProof(
  session: Session,
  handle: CommandHandle<'snapshot.create'>,
  options: Options,
): Promise<number> {
  const end = await showUntilEnd(session, handle, options, (waiting) =>
    ofFirst(session, handle, (one) => session.client.completion(one, waiting)),
  );
  if (end?.name === 'snapshot.completed' && end.data.outcome === 'incomplete') {
    session.terminal.complain(session.terminal.paint('bad', `Made, but not proven: ${end.data.failures.join('; ')}`));
    return exitCodes.incomplete.code;
  }
  sayOutcome(session, end, `Restore point ${handle.restorePointId} is proven.`);
  return exitCodes.ok.code;
}

async function create(session: Session, volume: Volume, options: Options): Promise<number> {
  const { client, library } = session;
  const handle = await client.send(library.SnapshotCreate, {
    ...volume,
    policy: policyFrom(options),
    ...(options.key === undefined ? {} : { idempotencyKey: options.key }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.requestedBy === undefined ? {} : { requestedBy: options.requestedBy }),
  });
  if (options.until === 'proven') return showProof(session, handle, options);
  const outcome = await showUntilEnd(session, handle, options, (waiting) =>
    ofFirst(session, handle, (one) => client.outcome(one, waiting)),
  );
  sayOutcome(session, outcome, `Restore point ${handle.restorePointId} is ready.`);
  return exitCodes.ok.code;
}

/** `snapfleet snapshot create` */
export function addSnapshotCreate(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('create')
    .description('make a restore point of a volume, and wait until it is ready')
    .argument('<namespace/claim>', 'the volume, such as shop/orders', parseVolume);
  addPolicyOptions(command)
    .addOption(
      new Option('--until <state>', 'wait until it is ready, or until all backups and verifications have ended')
        .choices(['ready', 'proven'])
        .default('ready'),
    )
    .option('--key <key>', 'idempotency key: the same key makes one restore point, however often it is sent')
    .option('--reason <text>', 'why, for the catalogue')
    .option('--requested-by <name>', 'who, for the catalogue', process.env['USER']);
  addWaitOptions(command);
  examples(command, [
    ['snapfleet snapshot create shop/orders', 'without stopping anything'],
    [
      'snapfleet snapshot create shop/orders --quiesce deployment/orders --mover copy --mover restic --until proven',
      'stop the application for the cut, back up twice, prove all of it',
    ],
    ['snapfleet snapshot create shop/orders --key nightly-2026-11-23 --json | jq -r .restorePointId', 'in a script'],
  ]).action((volume: Volume, options: Options) =>
    inSession(runtime, command, (session) => create(session, volume, options)),
  );
}
