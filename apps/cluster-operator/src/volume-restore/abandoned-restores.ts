import { SnapfleetError, type OperationId } from '@snapfleet/contracts';
import type { VolumeSnapshot } from '@snapfleet/kubernetes';
import { annotation } from '../marks/marks.js';

/** More than can be on their way: the restores of a volume run one after the other, and their commands expire. */
const mostNoted = 16;

const notedOn = ({ metadata }: VolumeSnapshot): readonly string[] =>
  (metadata.annotations?.[annotation.abandonedRestores] ?? '').split(',').filter((id) => id !== '');

/** The merge patch that notes a cancelled restore on its snapshot, on exactly this version; undefined: it is noted. */
export function abandonPatch(snapshot: VolumeSnapshot, operationId: OperationId): object | undefined {
  const noted = notedOn(snapshot);
  if (noted.includes(operationId)) return undefined;
  const { uid, resourceVersion } = snapshot.metadata;
  const annotations = { [annotation.abandonedRestores]: [...noted, operationId].slice(-mostNoted).join(',') };
  return { metadata: { uid, resourceVersion, annotations } };
}

/** @throws SnapfleetError operation_superseded where this restore was cancelled */
export function expectNotAbandoned(snapshot: VolumeSnapshot | undefined, operationId: OperationId): void {
  if (snapshot === undefined || !notedOn(snapshot).includes(operationId)) return;
  throw new SnapfleetError('operation_superseded', `the restore of operation ${operationId} was cancelled`);
}
