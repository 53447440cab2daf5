import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends WaitOptions {
  readonly backups?: boolean;
  readonly purge?: boolean;
  readonly releaseFinalizers?: boolean;
  readonly allowLastGoodCopy?: boolean;
}

async function remove(session: Session, text: string, options: Options): Promise<undefined> {
  const { client, library } = session;
  const restorePointId = await findRestorePoint(session, text);
  const handle = await client.send(library.SnapshotDelete, {
    restorePointId,
    deleteBackups: options.backups === true,
    purge: options.purge === true,
    releaseFinalizers: options.releaseFinalizers === true,
    allowLastGoodCopy: options.allowLastGoodCopy === true,
  });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  sayOutcome(session, outcome, `Restore point ${restorePointId} is deleted.`);
  return undefined;
}

/** `snapfleet snapshot delete` */
export function addSnapshotDelete(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('delete')
    .alias('rm')
    .description('delete a restore point: the VolumeSnapshot and its data; backups stay unless they are named')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning')
    .option('--backups', 'delete its backups too')
    .option('--purge', 'under deletionPolicy Retain: delete the content too, which frees the pool')
    .option(
      '--release-finalizers',
      'after a deletion that did not end: take the finalizers off that it has named, if nothing refers to the VolumeSnapshot',
    )
    .option(
      '--allow-last-good-copy',
      'even if it is the last verified restore point of the volume, or of a claim that was made again since',
    );
  addWaitOptions(command);
  examples(command, [
    ['snapfleet snapshot delete 5b0a4c3e', 'the local snapshot'],
    ['snapfleet snapshot delete 5b0a4c3e --backups', 'and its backups'],
  ]).action((id: string, options: Options) => inSession(runtime, command, (session) => remove(session, id, options)));
}
