import { SnapfleetError } from '@snapfleet/contracts';
import { describePod, hasEnded, isTerminating, type Pod } from '@snapfleet/kubernetes';

/** What keeps these Pods of the workload from being frozen; empty: nothing does. */
export function findingsOfFreeze(pods: readonly Pod[]): readonly SnapfleetError[] {
  // One that waits for a node cannot write yet; one that has ended cannot write any more.
  const present = pods.filter((pod) => pod.spec.nodeName !== undefined && !hasEnded(pod));
  return present
    .filter((pod) => pod.status?.phase !== 'Running' || isTerminating(pod))
    .map((pod) => {
      const what = `${describePod(pod)} starts or ends, and may write while the others are frozen`;
      // It may run, or be gone, soon.
      return new SnapfleetError('freeze_unsupported', what, { retryable: true });
    });
}
