import { type Command, Option } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends WaitOptions {
  readonly level: 'snapshot' | 'backup';
  readonly mover?: string;
}

async function verify(session: Session, text: string, options: Options): Promise<undefined> {
  const { client, library } = session;
  const restorePointId = await findRestorePoint(session, text);
  const { level, mover } = options;
  const handle = await client.send(library.SnapshotVerify, {
    restorePointId,
    level,
    ...(mover === undefined ? {} : { mover }),
  });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  sayOutcome(session, outcome, `Proven: what was restored equals what was saved.`);
  return undefined;
}

/** `snapfleet verify` */
export function addVerify(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('verify')
    .description('prove a restore point again: restore the snapshot or one of its backups, and compare')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning')
    .addOption(new Option('--level <level>', 'what to restore').choices(['snapshot', 'backup']).default('snapshot'))
    .option('-m, --mover <name>', 'which backup, where there is more than one');
  addWaitOptions(command);
  examples(command, [
    ['snapfleet verify 5b0a4c3e', 'the local snapshot'],
    ['snapfleet verify 5b0a4c3e --level backup --mover restic', 'a backup'],
  ]).action((id: string, options: Options) => inSession(runtime, command, (session) => verify(session, id, options)));
}
