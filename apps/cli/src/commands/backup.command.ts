import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends WaitOptions {
  readonly mover: string;
  readonly verify: boolean;
}

async function backUp(session: Session, text: string, options: Options): Promise<undefined> {
  const { client, library } = session;
  const restorePointId = await findRestorePoint(session, text);
  const { mover, verify } = options;
  const handle = await client.send(library.SnapshotBackup, { restorePointId, mover, verify });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  sayOutcome(session, outcome, `Restore point ${restorePointId} is backed up with ${mover}.`);
  return undefined;
}

/** `snapfleet backup` */
export function addBackup(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('backup')
    .description('back up an existing restore point with one more mover, or again after a failure')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning')
    .requiredOption('-m, --mover <name>', 'the mover, such as copy or restic')
    .option('--no-verify', 'without proving the backup afterwards');
  addWaitOptions(command);
  examples(command, [['snapfleet backup 5b0a4c3e --mover restic', 'an encrypted copy']]).action(
    (id: string, options: Options) => inSession(runtime, command, (session) => backUp(session, id, options)),
  );
}
