import type {
  LogicalVolume,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  VolumeSnapshot,
  VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

/** What keeps a logical volume: whatever names its handle. */
export interface HandleHolders {
  readonly logicalVolumes: readonly LogicalVolume[];
  readonly contents: readonly VolumeSnapshotContent[];
  readonly volumes: readonly PersistentVolume[];
}

/** All objects of the cluster that stand in the chain from a claim to a logical volume. */
export interface ClusterObjects extends HandleHolders {
  /** Before the first of them was read. */
  readonly readAt: Date;
  readonly snapshots: readonly VolumeSnapshot[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly pods: readonly Pod[];
}

/**
 * Reads what may name a handle. A list without a resourceVersion is served from etcd, not from a cache (Kubernetes API
 * concepts, "Resource versions"). A kind that the API server does not know is an error, never an empty list.
 * @throws KubernetesApiError
 */
export async function readHandleHolders(cluster: Cluster, signal: AbortSignal): Promise<HandleHolders> {
  const logicalVolumes = await cluster.logicalVolumes.list({}, { signal });
  const contents = await cluster.snapshotContents.list({}, { signal });
  const volumes = await cluster.volumes.list({}, { signal });
  return { logicalVolumes, contents, volumes };
}

/**
 * Reads all of them, one kind after the other: what is made last is read first, so that what is being made while they are
 * read has its owner in the list.
 * @throws KubernetesApiError
 */
export async function readClusterObjects(
  cluster: Cluster,
  now: () => Date,
  signal: AbortSignal,
): Promise<ClusterObjects> {
  const readAt = now();
  const holders = await readHandleHolders(cluster, signal);
  const snapshots = await cluster.snapshots.list({}, { signal });
  const pods = await cluster.pods.list({}, { signal });
  const claims = await cluster.claims.list({}, { signal });
  return { readAt, ...holders, snapshots, claims, pods };
}
