import { ObjectName, type DataOf, type WorkloadRunHooks } from '@snapfleet/contracts';
import { hasEnded, usesClaim } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

const mostTold = 64;

/** Pods that may write to the volumes and are none of those in which the hooks run. @throws KubernetesApiError */
export async function unhookedPods(
  cluster: Cluster,
  { namespace, pods, persistentVolumeClaims }: DataOf<typeof WorkloadRunHooks>,
  signal: AbortSignal,
): Promise<ObjectName[]> {
  const hooked = new Set<string>(pods.map(({ uid }) => uid));
  const all = await cluster.pods.list({ namespace }, { signal });
  const others = all.filter(
    (pod) =>
      !hooked.has(pod.metadata.uid) &&
      !hasEnded(pod) &&
      // One that waits for a node cannot write yet.
      pod.spec.nodeName !== undefined &&
      persistentVolumeClaims.some((claim) => usesClaim(pod, claim)),
  );
  return others.slice(0, mostTold).map(({ metadata }) => ObjectName.parse(metadata.name));
}
