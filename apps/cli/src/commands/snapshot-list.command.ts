import type { RestorePoint } from '@snapfleet/client';
import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { parseCount, parseVolume, type Volume } from '../input/parse-arguments.js';
import { ofFormerClaims } from '../output/former-claims.js';
import { table } from '../output/table.js';
import { bytes, moment } from '../output/units.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options {
  readonly all?: boolean;
  readonly limit: number;
}

const mark = { pending: '…', completed: '✓', verified: '✓', failed: '✗', deleted: '-' } as const;

const formerMark = ' (former)';
const formerNote =
  '(former): the claim was deleted and made again since. Retention leaves these alone; `snapfleet snapshot delete <id>` deletes one, ' +
  'the last verified one with --allow-last-good-copy.';

const sizeOf = ({ snapshot, lostSnapshot }: RestorePoint): string =>
  snapshot === undefined ? (lostSnapshot === undefined ? '' : 'lost') : bytes(snapshot.restoreSizeBytes);

/** What there is of backups and verdicts, in a few characters. */
function rowOf(point: RestorePoint, former: boolean): string[] {
  return [
    point.restorePointId,
    `${point.namespace}/${point.persistentVolumeClaim}${former ? formerMark : ''}`,
    point.phase,
    point.consistency ?? '',
    sizeOf(point),
    point.backups.map(({ mover, state }) => `${mover}${mark[state]}`).join(' '),
    point.verifications.map(({ level, mover, state }) => `${mover ?? level}${mark[state]}`).join(' '),
    moment(point.requestedAt),
  ];
}

async function list(session: Session, volume: Volume | undefined, options: Options): Promise<undefined> {
  const { client, library, terminal } = session;
  const { restorePoints } = await client.ask(library.SnapshotList, {
    ...volume,
    includeDeleted: options.all === true,
    limit: options.limit,
  });
  if (terminal.json) terminal.document({ restorePoints });
  else if (restorePoints.length === 0) terminal.note('There are no restore points.');
  else {
    const headings = ['ID', 'VOLUME', 'PHASE', 'GRADE', 'SIZE', 'BACKUPS', 'PROVEN', 'REQUESTED'];
    const former = ofFormerClaims(restorePoints);
    terminal.line(
      table(
        headings,
        restorePoints.map((point) => rowOf(point, former.has(point.restorePointId))),
      ),
    );
    if (former.size > 0) terminal.note(formerNote);
  }
  return undefined;
}

/** `snapfleet snapshot list` */
export function addSnapshotList(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('list')
    .alias('ls')
    .description('the restore points of the device, the newest first')
    .argument('[namespace/claim]', 'of this volume only', parseVolume)
    .option('-a, --all', 'deleted and failed ones too')
    .option('-n, --limit <number>', 'how many at most, up to 100', parseCount, 50);
  examples(command, [
    ['snapfleet snapshot list', 'all'],
    ['snapfleet snapshot list shop/orders', 'of one volume'],
    [
      `snapfleet snapshot list --json | jq -r '.restorePoints[] | select(.phase == "failed") | .restorePointId'`,
      'in a script',
    ],
  ]).action((volume: Volume | undefined, options: Options) =>
    inSession(runtime, command, (session) => list(session, volume, options)),
  );
}
