import { Notice } from '@snapfleet/contracts';
import { tryRecreation } from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';
import { tryMs } from '../workload/try-deadline.js';
import type { WorkloadExamination } from './examine-workload.js';

/**
 * Adds whether a bare Pod could be made again: what admitted it once may refuse it by now, or refuse it to cluster-operator.
 * @throws SnapfleetError deadline_exceeded; KubernetesApiError
 */
export async function withRecreation(
  cluster: Cluster,
  namespace: string,
  examined: WorkloadExamination,
  signal: AbortSignal,
): Promise<WorkloadExamination> {
  const { saved, findings, notices } = examined;
  if (saved?.kind !== 'Pod') return examined;
  const { name, manifest } = saved;
  const pod = { maker: 'cluster-operator', namespace, name, manifest } as const;
  const recreation = await tryRecreation(cluster, pod, { deadlineMs: tryMs, signal });
  switch (recreation.kind) {
    case 'admitted':
      return examined;
    case 'refused':
      return { ...examined, findings: [...findings, recreation.error] };
    case 'unknown': {
      const message = `whether Pod ${name} could be made again is not known before it is deleted: ${recreation.why}`;
      const notice = Notice.parse({ code: 'dry-run-unsupported', message: message.slice(0, 1024) });
      return { ...examined, notices: [...notices, notice] };
    }
  }
}
