import type { VolumeReference } from '@snapfleet/contracts';
import {
  volumeNameOf,
  type LogicalVolume,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

/** A claim and what stands behind it, as far as it exists. */
export interface ClaimSituation {
  readonly claim: PersistentVolumeClaim | undefined;
  readonly volume: PersistentVolume | undefined;
  readonly storageClass: StorageClass | undefined;
  readonly logicalVolume: LogicalVolume | undefined;
}

/** Reads all that is known of a claim. */
export async function readClaimSituation(
  cluster: Cluster,
  { namespace, persistentVolumeClaim }: VolumeReference,
  signal: AbortSignal,
): Promise<ClaimSituation> {
  const options = { signal };
  const claim = await cluster.claims.get({ namespace, name: persistentVolumeClaim }, options);
  const volumeName = volumeNameOf(claim);
  const className = claim?.spec.storageClassName ?? '';
  const [volume, storageClass, logicalVolume] = await Promise.all([
    volumeName === undefined ? undefined : cluster.volumes.get({ name: volumeName }, options),
    className === '' ? undefined : cluster.storageClasses.get({ name: className }, options),
    // TopoLVM names the LogicalVolume after the PersistentVolume (internal/driver/controller.go, CreateVolume).
    volumeName === undefined ? undefined : cluster.logicalVolumes.get({ name: volumeName }, options),
  ]);
  return { claim, volume, storageClass, logicalVolume };
}
