import { SnapfleetError, type VolumeReference } from '@snapfleet/contracts';
import { describePod, orOnDeadline, usesClaim, type Deadline, type Pod } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { nameWithOwner } from './pod-ownership.js';

/**
 * Waits until no Pod uses the claim any more.
 * @throws SnapfleetError workload_not_gone naming the Pods and their state
 */
export async function awaitNoUsers(
  cluster: Cluster,
  about: VolumeReference,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  let users: readonly Pod[] = [];
  const decide = (pods: readonly Pod[]): true | undefined => {
    users = pods.filter((pod) => usesClaim(pod, about.persistentVolumeClaim));
    return users.length === 0 ? true : undefined;
  };
  const options = { deadlineMs: deadline.remainingMs(), signal };
  await orOnDeadline(cluster.pods.waitForAll({ namespace: about.namespace }, decide, options), (cause) => {
    const pods = users.map((pod) => `${nameWithOwner(pod)}: ${describePod(pod)}`).join(', ');
    const what = `${about.persistentVolumeClaim} was still used after ${deadline.toString()}: ${pods}`;
    return new SnapfleetError('workload_not_gone', what, { cause });
  });
}
