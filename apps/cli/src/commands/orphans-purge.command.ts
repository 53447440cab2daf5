import type { OrphanRecord } from '@snapfleet/client';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { examples } from '../input/examples.js';
import { findOrphans } from '../input/find-orphan.js';
import { bytes } from '../output/units.js';
import { Interrupted } from '../output/report-failure.js';
import { visible } from '../output/visible-text.js';
import { addWaitOptions, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options extends WaitOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly releaseFinalizers?: boolean;
}

/** The ones that are named, or with --all those of ours that may go now. */
async function chosen(session: Session, ids: readonly string[], options: Options): Promise<OrphanRecord[]> {
  const { client, library } = session;
  if (options.all !== true) {
    if (ids.length > 0) return findOrphans(session, ids);
    const rule = 'name at least one, or use --all';
    throw new library.SnapfleetError('invalid_message', `no orphan is named: ${rule}`, { field: 'orphanId', rule });
  }
  const { orphans } = await client.ask(library.OrphanList, { owner: 'ours' });
  return orphans.filter(
    ({ purge, quarantineOver }) => purge !== 'never' && (quarantineOver || options.dryRun === true),
  );
}

async function purgeOne(session: Session, orphan: OrphanRecord, options: Options): Promise<void> {
  const { client, library, terminal } = session;
  const handle = await client.send(library.OrphanPurge, {
    orphanId: orphan.orphanId,
    dryRun: options.dryRun === true,
    releaseFinalizers: options.releaseFinalizers === true,
  });
  const outcome = await showUntilEnd(session, handle, options, (waiting) => client.outcome(handle, waiting));
  if (outcome === undefined || terminal.json) return;
  if (outcome.name !== 'orphan.purged' && outcome.name !== 'orphan.examined') return;
  for (const proof of outcome.data.proof) terminal.line(`  - ${visible(proof)}`);
  terminal.line(
    terminal.paint('good', sentenceOf(orphan, outcome.name === 'orphan.purged' ? outcome.data : undefined)),
  );
}

function sentenceOf(
  { kind, name }: OrphanRecord,
  purged: { readonly freed: boolean; readonly freedBytes?: number | undefined } | undefined,
): string {
  if (purged === undefined) return `${kind} ${name} may be purged; nothing was changed.`;
  if (!purged.freed) return `${kind} ${name} is gone; no space was freed.`;
  const size = purged.freedBytes === undefined ? '' : `, ${bytes(purged.freedBytes)}`;
  return `${kind} ${name} is gone with its logical volume${size}.`;
}

/** One after the other; one that must stay does not keep the others. */
async function purge(session: Session, ids: readonly string[], options: Options): Promise<number | undefined> {
  const { library, terminal } = session;
  const orphans = await chosen(session, ids, options);
  if (orphans.length === 0) terminal.note('There is nothing to purge.');
  if (orphans.length === 1 && orphans[0] !== undefined) {
    await purgeOne(session, orphans[0], options);
    return undefined;
  }
  let kept = 0;
  for (const orphan of orphans) {
    try {
      await purgeOne(session, orphan, options);
    } catch (thrown) {
      if (thrown instanceof Interrupted || !(thrown instanceof library.CommandFailure)) throw thrown;
      kept += 1;
      terminal.complain(`${orphan.orphanId} ${visible(orphan.name)}: ${thrown.code}: ${visible(thrown.message)}`);
    }
  }
  return kept === 0 ? undefined : exitCodes.failed.code;
}

/** `snapfleet orphans purge` */
export function addOrphansPurge(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('purge')
    .description('remove orphans of ours after their quarantine, each with a fresh proof that nothing refers to it')
    .argument('[id...]', 'as the list shows them, or at least 4 characters of their beginnings')
    .option('--all', 'all of ours that may be purged now')
    .option('--dry-run', 'only tell the proof; needs no quarantine')
    .option(
      '--release-finalizers',
      'after a purge that did not end: take the finalizers off that it has named, if nothing refers to the VolumeSnapshot',
    );
  addWaitOptions(command);
  examples(command, [
    ['snapfleet orphans purge b7c1f3a2 --dry-run', 'what would go, and the proof that it may'],
    ['snapfleet orphans purge b7c1f3a2', 'and now really'],
    ['snapfleet orphans purge --all', 'everything of ours whose quarantine is over'],
  ]).action((ids: string[], options: Options) =>
    inSession(runtime, command, (session) => purge(session, ids, options)),
  );
}
