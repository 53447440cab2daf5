import type { ConsistencyGrade, ErrorDetail } from '@snapfleet/contracts';
import type { ModelDevice } from './model-device.js';
import { originalReplicas } from './model-workload.js';

/** An event as consumers saw it: once for each id, in the order of the stream. */
export interface ToldEvent {
  readonly name: string;
  readonly data: {
    readonly restorePointId?: string;
    readonly groupId?: string;
    readonly error?: ErrorDetail;
    readonly replicas?: number;
    readonly consistency?: ConsistencyGrade;
    readonly broughtBack?: unknown;
    readonly conflict?: string;
  };
  readonly sequence: number;
}

/** What was asked for: the restore points of one command. */
export interface WantedSnapshots {
  readonly level: string;
  readonly groupId: string | undefined;
  readonly restorePointIds: readonly string[];
}

interface End {
  readonly wanted: readonly WantedSnapshots[];
  /** States of the operations that have not ended. */
  readonly open: readonly string[];
  readonly told: readonly ToldEvent[];
  readonly device: ModelDevice;
}

/** What of the promises does not hold at the end of a schedule. */
export function violationsOf({ wanted, open, told, device }: End): string[] {
  const { replicas, marked } = device.workload;
  const ordered = told.every(({ sequence }, index) => index === 0 || sequence > (told[index - 1]?.sequence ?? 0));
  return [
    ...open.map((state) => `an operation has not ended: ${state}`),
    ...(replicas === originalReplicas ? [] : [`the workload has ${String(replicas)} replicas`]),
    ...(device.workload.overdue === 0 ? [] : ['the workload was away for longer than it may be']),
    ...(device.writers.overdue === 0 ? [] : ['a hook held the application for longer than it may']),
    ...(marked ? ['the workload still has a mark'] : []),
    ...(device.writers.frozenNow ? ['the writers are still frozen'] : []),
    ...(device.writers.locked ? ['a hook still holds the application'] : []),
    ...(ordered ? [] : ['events were told out of order']),
    ...wanted.flatMap((one) => violationsOfWanted(one, told, device)),
  ];
}

function violationsOfWanted(wanted: WantedSnapshots, told: readonly ToldEvent[], device: ModelDevice): string[] {
  const { level, groupId, restorePointIds } = wanted;
  const found = restorePointIds.flatMap((id) => {
    const about = told.filter(({ data }) => data.restorePointId === id);
    return violationsOfOne(id, level, about, device);
  });
  if (groupId === undefined) return found;
  const made = restorePointIds.filter((id) => device.snapshots.get(id) !== undefined).length;
  if (made !== 0 && made !== restorePointIds.length) found.push(`group ${groupId} is half made`);
  const endings = told.filter(
    ({ name, data }) => data.groupId === groupId && (name === 'group.ready' || name === 'group.failed'),
  );
  if (endings.length !== 1) found.push(`group ${groupId} has ${String(endings.length)} endings`);
  return found;
}

function violationsOfOne(id: string, level: string, told: readonly ToldEvent[], device: ModelDevice): string[] {
  return [...violationsOfEnding(id, level, told, device), ...violationsOfWorkload(id, level, told)];
}

function violationsOfEnding(id: string, level: string, told: readonly ToldEvent[], device: ModelDevice): string[] {
  const endings = told.filter(({ name }) => name === 'snapshot.ready' || name === 'snapshot.failed');
  const [ending] = endings;
  const snapshot = device.snapshots.get(id);
  return [
    ...(endings.length === 1 ? [] : [`${id} has the endings [${endings.map(({ name }) => name).join(', ')}]`]),
    ...(ending?.name === 'snapshot.ready' ? violationsOfReady(id, ending, device) : []),
    ...(ending?.data.consistency === 'crash' &&
    level === 'cold' &&
    !told.some(({ data }) => data.broughtBack !== undefined || data.conflict !== undefined)
      ? [`${id} is told as crash-consistent without a reason`]
      : []),
    ...(ending?.name === 'snapshot.failed' && snapshot !== undefined ? [`${id} has failed and left its snapshot`] : []),
  ];
}

function violationsOfWorkload(id: string, level: string, told: readonly ToldEvent[]): string[] {
  const names = told.map(({ name }) => name);
  return [
    ...(names.includes('snapshot.ready') && level !== 'none' && !isResumedBefore('snapshot.ready', names)
      ? [`${id} is ready before its workload was resumed`]
      : []),
    ...(names.includes('workload.quiesced') && !names.includes('workload.resumed')
      ? [`${id} has quiesced its workload and not resumed it`]
      : []),
  ];
}

function violationsOfReady(id: string, { data }: ToldEvent, device: ModelDevice): string[] {
  const snapshot = device.snapshots.get(id);
  if (snapshot === undefined) return [`${id} is ready without a snapshot`];
  if (data.consistency === 'crash' || snapshot.cutWhileWritten === false) return [];
  return [`${id} is told as ${String(data.consistency)}-consistent, but Pods were writing`];
}

function isResumedBefore(name: string, names: readonly string[]): boolean {
  const resumedAt = names.indexOf('workload.resumed');
  return resumedAt >= 0 && resumedAt < names.indexOf(name);
}
