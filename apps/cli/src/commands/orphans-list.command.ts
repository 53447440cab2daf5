import type { OrphanRecord } from '@snapfleet/client';
import { Option, type Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { examples } from '../input/examples.js';
import { table } from '../output/table.js';
import { bytes, duration, moment } from '../output/units.js';
import { visible } from '../output/visible-text.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options {
  readonly scan?: boolean;
  readonly owner?: OrphanRecord['owner'];
  readonly explain?: boolean;
}

/** A scan asks LVM and the API server, one after the other. */
const scanWithinMs = 180_000;
const shortId = 8;

/** What may become of it, in a few words. */
function stateOf({ scans, purge, quarantinedSince, quarantinedSeconds, quarantineOver }: OrphanRecord): string {
  if (quarantinedSince === undefined) return `seen ${String(scans)}×`;
  if (purge === 'never') return 'stays';
  if (quarantineOver) return 'may be purged';
  return `quarantine ${duration(quarantinedSeconds * 1000)}`;
}

const fullName = ({ namespace, name }: OrphanRecord): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

function rowOf(orphan: OrphanRecord): string[] {
  const { orphanId, kind, owner, sizeBytes, why } = orphan;
  const size = sizeBytes === undefined ? '' : bytes(sizeBytes);
  return [orphanId.slice(0, shortId), kind, fullName(orphan), owner, size, stateOf(orphan), why];
}

function explain({ terminal }: Session, orphan: OrphanRecord): void {
  terminal.line(terminal.paint('strong', `${orphan.orphanId} ${orphan.kind} ${fullName(orphan)}`));
  terminal.line(`  Owner: ${orphan.owner}; ${visible(stateOf(orphan))}, first seen ${moment(orphan.firstSeen)}`);
  terminal.line(`  Why: ${visible(orphan.why)}`);
  for (const evidence of orphan.evidence) terminal.line(`  - ${visible(evidence)}`);
  terminal.line(`  Purge: ${orphan.purge}; ${visible(orphan.purgeNote)}`);
}

async function list(session: Session, options: Options): Promise<number | undefined> {
  const { client, library, terminal } = session;
  const question = { scan: options.scan === true, ...(options.owner === undefined ? {} : { owner: options.owner }) };
  const reply = await client.ask(library.OrphanList, question, { deadlineMs: scanWithinMs });
  const { orphans, problem, total, scannedAt } = reply;
  if (terminal.json) terminal.document(reply);
  else if (options.explain === true) for (const orphan of orphans) explain(session, orphan);
  else if (orphans.length > 0) {
    terminal.line(table(['ID', 'KIND', 'NAME', 'OWNER', 'SIZE', 'STATE', 'WHY'], orphans.map(rowOf)));
  }
  if (orphans.length === 0) terminal.note('Nothing is left over.');
  if (total > orphans.length) terminal.note(`${String(total - orphans.length)} more are not shown.`);
  terminal.note(scannedAt === undefined ? 'Not scanned since the start; add --scan.' : `Scanned ${moment(scannedAt)}.`);
  if (problem === undefined) return undefined;
  terminal.note(terminal.paint('bad', `The last scan did not succeed: ${problem.code}: ${problem.message}`));
  return options.scan === true ? exitCodes.failed.code : undefined;
}

/** `snapfleet orphans list` */
export function addOrphansList(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('list')
    .alias('ls')
    .description('what is left over of snapshots and verifications: whose it is, why, and whether it may be purged')
    .option('--scan', 'look again before answering')
    .option('--explain', 'with the evidence, and what a purge would do')
    .addOption(new Option('--owner <owner>', 'of these only').choices(['ours', 'foreign', 'unknown']));
  examples(command, [
    ['snapfleet orphans list --scan', 'as it is now'],
    ['snapfleet orphans list --owner ours --explain', 'ours, with the evidence'],
    [`snapfleet orphans list --json | jq '[.orphans[].sizeBytes // 0] | add'`, 'how much they take at most'],
  ]).action((options: Options) => inSession(runtime, command, (session) => list(session, options)));
}
