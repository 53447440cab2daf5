import { isTerminating, type Pod, type ScalableWorkload } from '@snapfleet/kubernetes';
import type { WorkloadCluster } from '../access/workload-access.js';
import { isFenced } from '../marks/fence.js';
import { readQuiesceMark } from '../marks/quiesce-mark.js';
import { workloadAnnotation } from '../marks/workload-annotations.js';
import type { QuiescedWorkload } from '../saved/quiesced-workload.js';

/** How far somebody has put a workload back for its operation: not at all, perhaps in part, or in full. */
export type ResumeProgress = 'none' | 'begun' | 'done';

/**
 * How far a workload is back, by what is left on it: its note comes first and its mark goes last; a bare Pod that was made
 * again says so. A workload that is gone, or another one, has no such trace.
 * @throws KubernetesApiError
 */
export async function resumeProgress(
  cluster: WorkloadCluster,
  quiesced: QuiescedWorkload,
  signal: AbortSignal,
): Promise<ResumeProgress> {
  const { namespace, workload } = quiesced;
  const key = { namespace, name: workload.name };
  if (workload.kind === 'Pod') return progressOfPod(await cluster.pods.get(key, { signal }), quiesced);
  return progressOfScalable(await cluster.workloads[workload.kind].get(key, { signal }), quiesced);
}

function progressOfPod(
  pod: Pod | undefined,
  { operationId, fencingToken, workload }: QuiescedWorkload,
): ResumeProgress {
  if (pod === undefined) return 'none';
  if (pod.metadata.annotations?.[workloadAnnotation.recreatedBy] === operationId) return 'done';
  const stays = pod.metadata.uid === workload.uid && !isTerminating(pod);
  return stays && isFenced(pod, fencingToken) ? 'done' : 'none';
}

function progressOfScalable(
  found: ScalableWorkload | undefined,
  { operationId, fencingToken, workload }: QuiescedWorkload,
): ResumeProgress {
  if (found?.metadata.uid !== workload.uid) return 'none';
  if (!isFenced(found, fencingToken)) return 'none';
  return readQuiesceMark(found)?.operationId === operationId ? 'begun' : 'done';
}
