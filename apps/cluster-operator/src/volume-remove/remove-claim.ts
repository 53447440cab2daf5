import { SnapfleetError } from '@snapfleet/contracts';
import {
  describePod,
  isTerminating,
  keyOf,
  orOnDeadline,
  retryOnConflict,
  volumeNameOf,
  type Deadline,
  type PersistentVolumeClaim,
  type Pod,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';

const late = (message: string, cause: Error): SnapfleetError =>
  new SnapfleetError('deadline_exceeded', message, { cause });

/** Deletes a Pod of ours and waits until it is gone. @throws SnapfleetError deadline_exceeded */
export async function removePod(cluster: Cluster, pod: Pod, deadline: Deadline, signal: AbortSignal): Promise<void> {
  const { uid } = pod.metadata;
  if (!isTerminating(pod)) await cluster.pods.remove(keyOf(pod), uid, { signal });
  let last = pod;
  const decide = (found: Pod | undefined): true | undefined => {
    if (found?.metadata.uid !== uid) return true;
    last = found;
    return undefined;
  };
  const wait = cluster.pods.waitFor(keyOf(pod), decide, { deadlineMs: deadline.remainingMs(), signal });
  await orOnDeadline(wait, (cause) => late(`${describePod(last)} was not gone after ${deadline.toString()}`, cause));
}

/**
 * Deletes a claim of ours with its volume and waits until both are gone. A volume that its class would retain is let go
 * as well: it was made for this claim and holds nothing that is not in the snapshot.
 * @throws SnapfleetError deadline_exceeded
 */
export async function removeClaim(
  cluster: Cluster,
  claim: PersistentVolumeClaim,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const { uid, name } = claim.metadata;
  const volumeName = volumeNameOf(claim);
  if (volumeName !== undefined) await retryOnConflict(() => letVolumeGo(cluster, volumeName, uid, signal), signal);
  if (!isTerminating(claim)) await cluster.claims.remove(keyOf(claim), uid, { signal });
  let last = claim;
  const decide = (found: PersistentVolumeClaim | undefined): true | undefined => {
    if (found?.metadata.uid !== uid) return true;
    last = found;
    return undefined;
  };
  const wait = cluster.claims.waitFor(keyOf(claim), decide, { deadlineMs: deadline.remainingMs(), signal });
  await orOnDeadline(wait, (cause) => {
    const finalizers = (last.metadata.finalizers ?? []).join(', ') || 'none';
    const what = `PersistentVolumeClaim ${name} was not gone after ${deadline.toString()}; finalizers: ${finalizers}`;
    return late(what, cause);
  });
  // It may have been bound after it was read.
  const boundLast = volumeNameOf(last);
  if (boundLast !== undefined) await awaitVolumeGone(cluster, boundLast, uid, deadline, signal);
}

async function letVolumeGo(cluster: Cluster, name: string, claimUid: string, signal: AbortSignal): Promise<void> {
  const volume = await cluster.volumes.get({ name }, { signal });
  if (volume?.spec.claimRef?.uid !== claimUid || volume.spec.persistentVolumeReclaimPolicy === 'Delete') return;
  const { uid, resourceVersion } = volume.metadata;
  const patch = { metadata: { uid, resourceVersion }, spec: { persistentVolumeReclaimPolicy: 'Delete' } };
  await cluster.volumes.patch({ name }, patch, { signal });
}

async function awaitVolumeGone(
  cluster: Cluster,
  name: string,
  claimUid: string,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const decide = (found: { readonly spec: { claimRef?: { uid?: string | undefined } | undefined } } | undefined) =>
    found?.spec.claimRef?.uid === claimUid ? undefined : true;
  const wait = cluster.volumes.waitFor({ name }, decide, { deadlineMs: deadline.remainingMs(), signal });
  await orOnDeadline(wait, async (cause) => {
    const volume = await cluster.volumes.get({ name });
    const warnings = volume === undefined ? [] : await recentWarnings(cluster, volume);
    return late(sentence(`PersistentVolume ${name} was not gone after ${deadline.toString()}`, ...warnings), cause);
  });
}
