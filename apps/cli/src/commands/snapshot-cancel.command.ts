import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

async function cancel(session: Session, text: string, options: WaitOptions): Promise<undefined> {
  const { client, library } = session;
  const restorePointId = await findRestorePoint(session, text);
  const handle = await client.send(library.SnapshotCancel, { restorePointId });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  sayOutcome(session, outcome, `Restore point ${restorePointId} is cancelled; the workload is back.`);
  return undefined;
}

/** `snapfleet snapshot cancel` */
export function addSnapshotCancel(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('cancel')
    .description('stop making a restore point: the workload is put back, what was made is removed')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning');
  addWaitOptions(command);
  examples(command, [['snapfleet snapshot cancel 5b0a4c3e', 'while it is being made']]).action(
    (id: string, options: WaitOptions) => inSession(runtime, command, (session) => cancel(session, id, options)),
  );
}
