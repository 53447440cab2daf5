import { mostReadySnapshots, ObjectUid, type Namespace } from '@snapfleet/contracts';
import { isReadyToUse, type VolumeSnapshot } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

const answerMs = 5_000;

const createdAt = ({ metadata }: VolumeSnapshot): number => Date.parse(metadata.creationTimestamp ?? '') || 0;

/**
 * The VolumeSnapshots of a namespace that are ready now, the newest first. What is ready was cut: when they are read before
 * a workload is brought back, they were cut while it was away, whatever any clock says.
 * @throws KubernetesApiError, or the signal's reason
 */
export async function readySnapshotsOf(
  cluster: Cluster,
  namespace: Namespace,
  signal: AbortSignal,
): Promise<ObjectUid[]> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  const ready = (await cluster.snapshots.list({ namespace }, { signal: patience })).filter(isReadyToUse);
  const newest = [...ready].sort((one, other) => createdAt(other) - createdAt(one)).slice(0, mostReadySnapshots);
  return newest.map(({ metadata }) => ObjectUid.parse(metadata.uid));
}
