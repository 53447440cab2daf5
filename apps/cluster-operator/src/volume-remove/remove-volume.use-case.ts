import { SnapfleetError, VolumeRemove, type DataOf, type ReplyOf } from '@snapfleet/contracts';
import { Deadline } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { isOurs, label } from '../marks/marks.js';
import { consumerLabels, consumerPodName } from '../volume-restore/consumer-pod.js';
import { removeClaim, removePod } from './remove-claim.js';

/** Deletes a scratch claim that this operation's restore made: the Pod first, then the claim, until the volume is gone. */
export class RemoveVolumeUseCase {
  constructor(private readonly cluster: Cluster) {}

  /** @throws SnapfleetError not_ours, deadline_exceeded; KubernetesApiError */
  async run(command: DataOf<typeof VolumeRemove>, signal: AbortSignal): Promise<ReplyOf<typeof VolumeRemove>> {
    const { namespace, targetClaim, operationId } = command;
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    const [claim, pod] = await Promise.all([
      this.cluster.claims.get({ namespace, name: targetClaim }, { signal }),
      this.cluster.pods.get({ namespace, name: consumerPodName(targetClaim) }, { signal }),
    ]);
    if (claim !== undefined && !isOurs(claim, { [label.purpose]: 'scratch', [label.operation]: operationId })) {
      const what = `PersistentVolumeClaim ${namespace}/${targetClaim} is no scratch claim of operation ${operationId}`;
      throw new SnapfleetError('not_ours', what);
    }
    const ownPod = pod !== undefined && isOurs(pod, consumerLabels(operationId)) ? pod : undefined;
    if (ownPod !== undefined) await removePod(this.cluster, ownPod, deadline, signal);
    if (claim !== undefined) await removeClaim(this.cluster, claim, deadline, signal);
    return { removed: claim !== undefined || ownPod !== undefined };
  }
}
