import type { SnapfleetEvent } from '@snapfleet/client';
import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { visible } from '../output/visible-text.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends WaitOptions {
  readonly to?: string;
}

async function cancel(session: Session, text: string, options: Options): Promise<undefined> {
  const { client, library } = session;
  const restorePointId = await findRestorePoint(session, text);
  const handle = await client.send(library.SnapshotCancel, {
    restorePointId,
    ...(options.to === undefined ? {} : { targetClaim: options.to }),
  });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  sayOutcome(session, outcome, sentenceOf(outcome, restorePointId, options));
  return undefined;
}

function sentenceOf(outcome: SnapfleetEvent | undefined, restorePointId: string, { to }: Options): string {
  if (to === undefined) return `Restore point ${restorePointId} is cancelled; the workload is back.`;
  if (outcome?.name === 'volume.restored') return `Too late: PersistentVolumeClaim ${to} is restored.`;
  if (outcome?.name !== 'volume.restore-failed') return `The restore into ${to} is cancelled.`;
  return `The restore into ${to} is cancelled: ${visible(outcome.data.error.message)}.`;
}

/** `snapfleet snapshot cancel` */
export function addSnapshotCancel(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('cancel')
    .description('stop making a restore point, or a restore of it: the workload is put back, what was made is removed')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning')
    .option('--to <claim>', 'stop the restore into this PersistentVolumeClaim, and keep the restore point');
  addWaitOptions(command);
  examples(command, [
    ['snapfleet snapshot cancel 5b0a4c3e', 'while it is being made'],
    ['snapfleet snapshot cancel 5b0a4c3e --to orders-restored', 'while it is being restored into that claim'],
  ]).action((id: string, options: Options) => inSession(runtime, command, (session) => cancel(session, id, options)));
}
