import type { EventData, EventName, SnapfleetEvent } from '@snapfleet/client';
import { downtime } from './downtime.js';
import { bytes, duration } from './units.js';

type Describe = { readonly [Name in EventName]?: (data: EventData<Name>) => string };

const failure = ({ error }: { readonly error: { readonly code: string; readonly message: string } }): string =>
  `${error.code}: ${error.message}`;
const workload = ({ workload }: { readonly workload: { readonly kind: string; readonly name: string } }): string =>
  `${workload.kind}/${workload.name}`;
const withMover = (level: string, mover: string | undefined): string =>
  mover === undefined ? level : `${level} ${mover}`;

const quiescedAs = { cold: 'is gone', frozen: 'is frozen', hooks: 'is ready for the cut' } as const;

const descriptions: Describe = {
  'command.rejected': failure,
  'command.completed': (data) => data.note,
  'snapshot.requested': (data) =>
    data.quiesce.level === 'none' ? 'no quiesce' : `quiesce ${workload(data.quiesce)} (${data.quiesce.level})`,
  'snapshot.begun': (data) => data.volumeSnapshotName,
  'snapshot.preflight-passed': (data) =>
    ['everything that is needed is there', ...data.notices.map(({ message }) => message)].join('; '),
  'workload.quiesced': (data) => `${workload(data)} ${quiescedAs[data.level]}`,
  'workload.resumed': (data) =>
    [
      `${workload(data)} is back after ${downtime(data.downtimeMs, data.downtimeClock)}` +
        (data.broughtBack === undefined ? '' : `, brought back by the ${data.broughtBack.by}`),
      data.conflict,
    ]
      .filter(Boolean)
      .join('; '),
  'workload.resume-failed': (data) => `${workload(data)}, attempt ${String(data.attempt)}: ${failure(data)}`,
  'snapshot.ready': (data) => `${bytes(data.snapshot.restoreSizeBytes)}, grade ${data.consistency}`,
  'snapshot.failed': (data) => `after ${data.phase}: ${failure(data)}`,
  'group.ready': (data) => `${String(data.members.length)} volumes, grade ${data.consistency}`,
  'group.failed': (data) => `after ${data.phase}: ${failure(data)}`,
  'group.completed': (data) => data.outcome,
  'snapshot.completed': (data) => [data.outcome, ...data.failures].join('; '),
  'backup.requested': (data) => data.mover,
  'backup.started': (data) => data.mover,
  'backup.progress': (data) => `${data.mover} ${data.step} ${progressText(data)}`,
  'backup.completed': (data) =>
    `${data.backup.mover}: ${String(data.manifest.files)} files, ${bytes(data.manifest.bytes)} in ${duration(data.durationMs)}`,
  'backup.failed': (data) => `${data.mover}: ${failure(data)}`,
  'verification.requested': (data) => (data.level === 'backup' ? `backup ${data.backup.backup.mover}` : 'snapshot'),
  'restore.verified': (data) =>
    `${withMover(data.level, data.mover)}: ${String(data.manifest.files)} files, ${bytes(data.manifest.bytes)} are equal`,
  'restore.failed': (data) =>
    `${withMover(data.level, data.mover)}: ${failure(data)}` +
    (data.differenceCount === 0 ? '' : ` (${String(data.differenceCount)} differences)`),
  'volume.restored': (data) => `${data.targetClaim}, ${bytes(data.sizeBytes)}`,
  'volume.restore-failed': (data) => `${data.targetClaim}: ${failure(data)}`,
  'snapshot.lost': (data) =>
    `${data.volumeSnapshotName} was deleted by somebody else` +
    (data.logicalVolumeLeft ? '; its logical volume is still there' : ''),
  'snapshot.deleted': (data) =>
    `by ${data.cause}, ${data.freed ? 'space freed' : 'space kept'}` +
    (data.finalizersRemoved === undefined ? '' : `; finalizers taken off: ${data.finalizersRemoved.join(', ')}`),
  'snapshot.delete-failed': (data) =>
    [
      failure(data),
      ...(data.snapshotDeleted === true ? ['the VolumeSnapshot is gone'] : []),
      ...(data.backupsDeleted ?? []).map((mover) => `the backup ${mover} is gone`),
    ].join('; '),
  'orphan.found': ({ orphan }) => `${orphan.kind} ${orphan.name} (${orphan.owner}): ${orphan.why}`,
  'orphan.examined': (data) => `${data.kind} ${data.name} may be purged`,
  'orphan.purged': (data) => `${data.kind} ${data.name}, ${data.freed ? 'space freed' : 'no space freed'}`,
  'orphan.purge-failed': (data) => `${data.kind} ${data.name}: ${failure(data)}`,
};

/** How far a backup has come. */
export function progressText(data: EventData<'backup.progress'>): string {
  const total = data.bytesTotal === undefined ? '' : ` of ${bytes(data.bytesTotal)}`;
  return `${bytes(data.bytesDone)}${total}, ${String(data.filesDone)} files`;
}

/** An event in a few words for people; not yet safe for a terminal. */
export function describeEvent(event: SnapfleetEvent): string {
  const describe = descriptions[event.name] as ((data: SnapfleetEvent['data']) => string) | undefined;
  return describe?.(event.data) ?? '';
}

/** Whether an event is good news, bad news, or neither. */
export function toneOf(event: SnapfleetEvent): 'good' | 'bad' | 'quiet' {
  if ('error' in event.data || event.name === 'snapshot.lost') return 'bad';
  if (event.name === 'snapshot.completed' || event.name === 'group.completed')
    return event.data.outcome === 'proven' ? 'good' : 'bad';
  const good: readonly EventName[] = [
    'snapshot.ready',
    'group.ready',
    'backup.completed',
    'restore.verified',
    'volume.restored',
    'snapshot.deleted',
    'orphan.purged',
  ];
  return good.includes(event.name) ? 'good' : 'quiet';
}
