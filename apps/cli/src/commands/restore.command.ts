import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { parseSize } from '../input/parse-arguments.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends WaitOptions {
  readonly to: string;
  readonly size?: number;
}

async function restore(session: Session, text: string, options: Options): Promise<undefined> {
  const { client, library } = session;
  const restorePointId = await findRestorePoint(session, text);
  const handle = await client.send(library.SnapshotRestore, {
    restorePointId,
    targetClaim: options.to,
    ...(options.size === undefined ? {} : { sizeBytes: options.size }),
  });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  sayOutcome(session, outcome, `PersistentVolumeClaim ${options.to} holds the data of ${restorePointId}.`);
  return undefined;
}

/** `snapfleet restore` */
export function addRestore(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('restore')
    .description('restore a restore point into a new PersistentVolumeClaim of the same namespace')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning')
    .requiredOption('--to <claim>', 'name of the new PersistentVolumeClaim')
    .option('--size <size>', 'larger than the snapshot, such as 20Gi: it is expanded after the restore', parseSize);
  addWaitOptions(command);
  examples(command, [
    ['snapfleet restore 5b0a4c3e --to orders-restored', 'as large as the snapshot'],
    ['snapfleet restore 5b0a4c3e --to orders-restored --size 20Gi', 'and larger'],
  ]).action((id: string, options: Options) => inSession(runtime, command, (session) => restore(session, id, options)));
}
