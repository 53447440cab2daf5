import { isTerminating, type Cluster } from '@snapfleet/kubernetes';
import { hasEndMark } from '../marks/end-marks.js';
import { readQuiesceMark } from '../marks/quiesce-mark.js';
import { workloadAnnotation } from '../marks/workload-annotations.js';
import type { QuiescedWorkload } from '../saved/quiesced-workload.js';

/**
 * Whether the operation has put the workload back already, by what it left on it: its note without its mark, or the Pod
 * that it made again. A workload that is gone, or another one, has no such trace.
 * @throws KubernetesApiError
 */
export async function wasResumed(
  cluster: Cluster,
  { operationId, namespace, workload }: QuiescedWorkload,
  signal: AbortSignal,
): Promise<boolean> {
  const key = { namespace, name: workload.name };
  if (workload.kind === 'Pod') {
    const pod = await cluster.pods.get(key, { signal });
    if (pod === undefined) return false;
    if (pod.metadata.annotations?.[workloadAnnotation.recreatedBy] === operationId) return true;
    return (
      pod.metadata.uid === workload.uid &&
      !isTerminating(pod) &&
      hasEndMark(pod, workloadAnnotation.resumed, operationId)
    );
  }
  const found = await cluster.workloads[workload.kind].get(key, { signal });
  if (found?.metadata.uid !== workload.uid) return false;
  const marked = readQuiesceMark(found)?.operationId === operationId;
  return !marked && hasEndMark(found, workloadAnnotation.resumed, operationId);
}
