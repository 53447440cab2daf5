import { SnapfleetError, VolumeRestore, type DataOf } from '@snapfleet/contracts';
import { Deadline, describePod, usesClaim, type PersistentVolumeClaim } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { sentence } from '../failure/recent-warnings.js';
import { annotation, isOurs } from '../marks/marks.js';
import { removeClaim, removePod } from '../volume-remove/remove-claim.js';
import { consumerLabels, consumerPodName } from './consumer-pod.js';
import { expectOwnClaim } from './restored-claim.js';

type Command = DataOf<typeof VolumeRestore>;
/** Which restore, and into what. */
type Unfinished = Pick<Command, 'operationId' | 'namespace' | 'targetClaim' | 'purpose' | 'snapshot'>;

const cleanUpSeconds = 40;

/** Deletes the Pod that used the restored claim, where it is ours, and waits until it is gone. */
export async function removeConsumer(
  cluster: Cluster,
  command: Unfinished,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const key = { namespace: command.namespace, name: consumerPodName(command.targetClaim) };
  const pod = await cluster.pods.get(key, { signal });
  if (pod === undefined || !isOurs(pod, consumerLabels(command.operationId))) return;
  await removePod(cluster, pod, deadline, signal);
}

/**
 * Removes what a failed restore has made, and adds to the error what stays: what could not be removed, and a claim that
 * is the user's by now.
 */
export async function cleanUpAfter(
  cluster: Cluster,
  error: SnapfleetError,
  command: Command,
  signal: AbortSignal,
): Promise<SnapfleetError> {
  try {
    const stays = await removeUnfinished(cluster, command, Deadline.inSeconds(cleanUpSeconds), signal);
    return stays === undefined ? error : withNote(error, stays);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    return withNote(error, `what was made could not be removed: ${why}`);
  }
}

/** Returns why the claim stays, where it does. @throws SnapfleetError target_exists, deadline_exceeded; KubernetesApiError */
export async function removeUnfinished(
  cluster: Cluster,
  command: Unfinished,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<string | undefined> {
  await removeConsumer(cluster, command, deadline, signal);
  const key = { namespace: command.namespace, name: command.targetClaim };
  const claim = await cluster.claims.get(key, { signal });
  if (claim === undefined) return undefined;
  const own = expectOwnClaim(claim, command);
  const why = command.purpose === 'user' ? await whyItIsTheUsers(cluster, own, command, signal) : undefined;
  if (why !== undefined) return `PersistentVolumeClaim ${key.namespace}/${key.name} stays: ${why}`;
  await removeClaim(cluster, own, deadline, signal);
  return undefined;
}

/** A claim that is restored, or that somebody uses, may hold data by now that are nowhere else. */
async function whyItIsTheUsers(
  cluster: Cluster,
  claim: PersistentVolumeClaim,
  { namespace, operationId, targetClaim }: Unfinished,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (claim.metadata.annotations?.[annotation.restored] !== undefined) return 'its data are restored';
  const pods = await cluster.pods.list({ namespace }, { signal });
  const user = pods.find((pod) => usesClaim(pod, targetClaim) && !isOurs(pod, consumerLabels(operationId)));
  return user === undefined ? undefined : `${describePod(user)} uses it`;
}

const withNote = (error: SnapfleetError, note: string): SnapfleetError =>
  new SnapfleetError(error.code, sentence(error.message, note), { cause: error, retryable: error.retryable });
