import { SnapfleetError, VolumeRestore, type DataOf } from '@snapfleet/contracts';
import {
  claimCapacityBytes,
  keyOf,
  orOnDeadline,
  type Deadline,
  type PersistentVolumeClaim,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';

type Command = DataOf<typeof VolumeRestore>;

const isLarger = ({ sizeBytes, snapshot }: Command): boolean =>
  sizeBytes !== undefined && sizeBytes > snapshot.restoreSizeBytes;

/**
 * Checks the asked size before anything is made.
 * @throws SnapfleetError restore_size_too_small, invalid_message where the class does not allow expansion
 */
export async function expectExpandable(cluster: Cluster, command: Command, signal: AbortSignal): Promise<void> {
  const { sizeBytes, snapshot, claim } = command;
  if (sizeBytes !== undefined && sizeBytes < snapshot.restoreSizeBytes) {
    const what = `${String(sizeBytes)} bytes are asked for, and the snapshot has ${String(snapshot.restoreSizeBytes)}`;
    throw new SnapfleetError('restore_size_too_small', what);
  }
  if (!isLarger(command)) return;
  const storageClass = await cluster.storageClasses.get({ name: claim.storageClassName }, { signal });
  if (storageClass?.allowVolumeExpansion === true) return;
  const rule = `StorageClass ${claim.storageClassName} must have allowVolumeExpansion for a size above the snapshot's`;
  throw new SnapfleetError('invalid_message', `data.sizeBytes: ${rule}`, { field: 'data.sizeBytes', rule });
}

/**
 * Expands the restored claim where a larger size was asked for. A filesystem that grows at the next mount counts as done.
 * @throws SnapfleetError deadline_exceeded
 */
export async function expandClaim(
  cluster: Cluster,
  claim: PersistentVolumeClaim,
  command: Command,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const { sizeBytes = 0 } = command;
  if (!isLarger(command)) return;
  const { uid, name, namespace = '' } = claim.metadata;
  const patch = { metadata: { uid }, spec: { resources: { requests: { storage: String(sizeBytes) } } } };
  await cluster.claims.patch(keyOf(claim), patch, { signal });
  let last = claim;
  const decide = (found: PersistentVolumeClaim | undefined): true | undefined => {
    if (found?.metadata.uid !== uid) {
      throw new SnapfleetError(
        'restore_not_bound',
        `PersistentVolumeClaim ${namespace}/${name} was deleted by somebody else`,
      );
    }
    last = found;
    return isExpanded(found, sizeBytes) ? true : undefined;
  };
  const wait = cluster.claims.waitFor(keyOf(claim), decide, { deadlineMs: deadline.remainingMs(), signal });
  await orOnDeadline(wait, async (cause) => {
    const has = last.status?.capacity?.storage ?? 'no capacity';
    const what = `PersistentVolumeClaim ${namespace}/${name} was not expanded to ${String(sizeBytes)} bytes (it has ${has})`;
    const message = sentence(what, ...(await recentWarnings(cluster, last)));
    return new SnapfleetError('deadline_exceeded', message, { cause });
  });
}

/** Whether the volume has the size, be it that its filesystem grows only when it is mounted again. */
export function isExpanded(claim: PersistentVolumeClaim, sizeBytes: number): boolean {
  const waitsForMount = (claim.status?.conditions ?? []).some(
    ({ type, status }) => type === 'FileSystemResizePending' && status === 'True',
  );
  return waitsForMount || claimCapacityBytes(claim) >= sizeBytes;
}
