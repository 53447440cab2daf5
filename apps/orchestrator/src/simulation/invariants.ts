import type { ErrorDetail } from '@snapfleet/contracts';
import { type ModelDevice, originalReplicas } from './model-device.js';

/** An event as consumers saw it: once for each id, in the order of the stream. */
export interface ToldEvent {
  readonly name: string;
  readonly data: {
    readonly restorePointId?: string;
    readonly error?: ErrorDetail;
    readonly replicas?: number;
    readonly consistency?: string;
    readonly broughtBack?: unknown;
  };
  readonly sequence: number;
}

interface End {
  readonly ids: readonly string[];
  /** States of the operations that have not ended. */
  readonly open: readonly string[];
  readonly told: readonly ToldEvent[];
  readonly device: ModelDevice;
}

/** What of the promises does not hold at the end of a schedule. */
export function violationsOf({ ids, open, told, device }: End): string[] {
  const { replicas, mark } = device.workload;
  const ordered = told.every(({ sequence }, index) => index === 0 || sequence > (told[index - 1]?.sequence ?? 0));
  return [
    ...open.map((state) => `an operation has not ended: ${state}`),
    ...(replicas === originalReplicas ? [] : [`the workload has ${String(replicas)} replicas`]),
    ...(mark === undefined ? [] : ['the workload still has a mark']),
    ...(device.overdue === 0 ? [] : ['the workload was away for longer than it may be']),
    ...(ordered ? [] : ['events were told out of order']),
    ...ids.flatMap((id) =>
      violationsOfOne(
        id,
        told.filter(({ data }) => data.restorePointId === id),
        device,
      ),
    ),
  ];
}

function violationsOfOne(id: string, told: readonly ToldEvent[], device: ModelDevice): string[] {
  const names = told.map(({ name }) => name);
  const endings = names.filter((name) => name === 'snapshot.ready' || name === 'snapshot.failed');
  const snapshot = device.snapshots.get(id);
  const found: string[] = [];
  if (endings.length !== 1) found.push(`${id} has the endings [${endings.join(', ')}]`);
  if (endings[0] === 'snapshot.ready') {
    if (snapshot === undefined) found.push(`${id} is ready without a snapshot`);
    found.push(...violationsOfGrade(id, told, snapshot?.cutWhileWritten));
    if (names.indexOf('workload.resumed') > names.indexOf('snapshot.ready') || !names.includes('workload.resumed'))
      found.push(`${id} is ready before its workload was resumed`);
  }
  if (endings[0] === 'snapshot.failed' && snapshot !== undefined) found.push(`${id} has failed and left its snapshot`);
  if (names.includes('workload.quiesced') && !names.includes('workload.resumed'))
    found.push(`${id} has quiesced its workload and not resumed it`);
  return found;
}

function violationsOfGrade(id: string, told: readonly ToldEvent[], cutWhileWritten: boolean | undefined): string[] {
  const grade = told.find(({ name }) => name === 'snapshot.ready')?.data.consistency;
  if (grade === 'app')
    return cutWhileWritten === false ? [] : [`${id} is told as app-consistent, but Pods were writing`];
  const hasReason = told.some(({ data }) => data.broughtBack !== undefined);
  return hasReason ? [] : [`${id} is told as ${String(grade)} without a reason`];
}
