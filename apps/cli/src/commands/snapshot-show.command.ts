import type { RestorePoint } from '@snapfleet/client';
import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { downtime } from '../output/downtime.js';
import { properties, table } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { bytes, moment } from '../output/units.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

const errorText = (error: RestorePoint['error']): string | undefined => error && `${error.code}: ${error.message}`;

const quiescedText = (quiesce: RestorePoint['policy']['quiesce']): string | undefined =>
  quiesce.level === 'none' ? undefined : `${quiesce.workload.kind}/${quiesce.workload.name} (${quiesce.level})`;

function facts(point: RestorePoint): string {
  const { claim, policy, group, notices = [] } = point;
  return properties([
    ['Restore point', point.restorePointId],
    ['Volume', `${point.namespace}/${point.persistentVolumeClaim}`],
    ['Phase', point.phase],
    ['Consistency', point.consistency],
    ['Requested', `${moment(point.requestedAt)}${point.requestedBy === undefined ? '' : ` by ${point.requestedBy}`}`],
    ['Reason', point.reason],
    ['Ready', point.readyAt && moment(point.readyAt)],
    ['Group', group && `${group.groupId}, ${String(group.restorePointIds.length)} volumes`],
    ['Quiesced', quiescedText(policy.quiesce)],
    ['Downtime', point.downtimeMs === undefined ? undefined : downtime(point.downtimeMs, point.downtimeClock)],
    ['Brought back', point.broughtBack && `by the ${point.broughtBack.by}, ${moment(point.broughtBack.at)}`],
    ...factsOfSnapshot(point),
    ['Claim uid', claim?.uid],
    ['StorageClass', claim?.storageClassName],
    ['Notice', notices.map(({ message }) => message).join('; ') || undefined],
    ['Error', errorText(point.error)],
  ]);
}

function factsOfSnapshot({ snapshot: kept, lostSnapshot }: RestorePoint): [string, string][] {
  const snapshot = kept ?? lostSnapshot?.snapshot;
  if (snapshot === undefined) return [];
  const lost =
    lostSnapshot && `the VolumeSnapshot was deleted by somebody else, noticed ${moment(lostSnapshot.noticedAt)}`;
  return [
    ['Size', bytes(snapshot.restoreSizeBytes)],
    ['VolumeSnapshot', snapshot.volumeSnapshotName],
    ['Content', `${snapshot.volumeSnapshotContentName} (${snapshot.deletionPolicy})`],
    ['Handle', snapshot.snapshotHandle],
    ...(lost === undefined ? [] : [['Lost', lost] satisfies [string, string]]),
  ];
}

function show(terminal: Terminal, point: RestorePoint): void {
  terminal.line(facts(point));
  if (point.backups.length > 0) {
    const rows = point.backups.map((backup) => [
      backup.mover,
      backup.state,
      backup.manifest === undefined ? '' : `${String(backup.manifest.files)} files, ${bytes(backup.manifest.bytes)}`,
      errorText(backup.error) ??
        (backup.reference && `${backup.reference.destination}: ${backup.reference.location}`) ??
        '',
    ]);
    terminal.line(`\n${table(['BACKUP', 'STATE', 'DATA', 'WHERE'], rows)}`);
  }
  if (point.verifications.length > 0) {
    const rows = point.verifications.map((verdict) => [
      verdict.mover === undefined ? verdict.level : `${verdict.level} ${verdict.mover}`,
      verdict.state,
      verdict.verifiedAt === undefined ? '' : moment(verdict.verifiedAt),
      errorText(verdict.error) ?? verdict.rootDigest ?? '',
    ]);
    terminal.line(`\n${table(['PROOF OF', 'STATE', 'AT', 'DIGEST'], rows)}`);
  }
}

async function showOne(session: Session, text: string): Promise<undefined> {
  const { client, library, terminal } = session;
  const restorePointId = await findRestorePoint(session, text);
  const { restorePoint } = await client.ask(library.SnapshotShow, { restorePointId });
  if (terminal.json) terminal.document(restorePoint);
  else show(terminal, restorePoint);
  return undefined;
}

/** `snapfleet snapshot show` */
export function addSnapshotShow(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('show')
    .description('one restore point with its backups and proofs')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning');
  examples(command, [
    ['snapfleet snapshot show 5b0a4c3e', 'for people'],
    ['snapfleet snapshot show 5b0a4c3e --json | jq .verifications', 'in a script'],
  ]).action((id: string) => inSession(runtime, command, (session) => showOne(session, id)));
}
