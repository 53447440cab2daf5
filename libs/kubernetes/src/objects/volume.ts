import { z } from 'zod';
import { ObjectMeta } from './object-meta.js';
import { Condition } from './pod.js';
import { bytesOfQuantity } from './quantity.js';

const DataSource = z.looseObject({ apiGroup: z.string().nullish(), kind: z.string(), name: z.string() });

/** A PersistentVolumeClaim. */
export const PersistentVolumeClaim = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    volumeName: z.string().optional(),
    storageClassName: z.string().optional(),
    volumeMode: z.enum(['Filesystem', 'Block']).default('Filesystem'),
    accessModes: z.array(z.string()).nullish(),
    dataSource: DataSource.nullish(),
    resources: z.looseObject({ requests: z.looseObject({ storage: z.string().optional() }).optional() }).optional(),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      capacity: z.looseObject({ storage: z.string().optional() }).optional(),
      conditions: z.array(Condition).nullish(),
    })
    .optional(),
});
export type PersistentVolumeClaim = z.infer<typeof PersistentVolumeClaim>;

const NodeSelectorTerm = z.looseObject({
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
});

/** A PersistentVolume. */
export const PersistentVolume = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    csi: z.looseObject({ driver: z.string(), volumeHandle: z.string() }).optional(),
    claimRef: z.looseObject({ uid: z.string().optional(), name: z.string().optional() }).optional(),
    persistentVolumeReclaimPolicy: z.string().optional(),
    nodeAffinity: z
      .looseObject({ required: z.looseObject({ nodeSelectorTerms: z.array(NodeSelectorTerm).nullish() }).optional() })
      .optional(),
  }),
});
export type PersistentVolume = z.infer<typeof PersistentVolume>;

/** A StorageClass. */
export const StorageClass = z.looseObject({
  metadata: ObjectMeta,
  provisioner: z.string(),
  parameters: z.record(z.string(), z.string()).nullish(),
  allowVolumeExpansion: z.boolean().nullish(),
});
export type StorageClass = z.infer<typeof StorageClass>;

/** TopoLVM's own object for a logical volume (topolvm.io/v1). */
export const LogicalVolume = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    deviceClass: z.string().optional(),
    size: z.string().optional(),
    source: z.string().optional().describe('name of the LogicalVolume that it was made from'),
  }),
  status: z.looseObject({ volumeID: z.string().optional(), currentSize: z.string().optional() }).nullish(),
});
export type LogicalVolume = z.infer<typeof LogicalVolume>;

/** Whether the claim is filled from this VolumeSnapshot. */
export function isRestoredFrom(claim: PersistentVolumeClaim, volumeSnapshotName: string): boolean {
  const source = claim.spec.dataSource;
  return (
    source?.kind === 'VolumeSnapshot' &&
    source.apiGroup === 'snapshot.storage.k8s.io' &&
    source.name === volumeSnapshotName
  );
}

/** The value of a topology key that the volume demands of its node, or undefined. */
export function requiredTopology(volume: PersistentVolume, key: string): string | undefined {
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  for (const { matchExpressions } of terms) {
    const found = matchExpressions?.find((expression) => expression.key === key && expression.operator === 'In');
    if (found?.values?.length === 1) return found.values[0];
  }
  return undefined;
}

/** The phase of a claim, as people read it. */
export function claimPhase(claim: PersistentVolumeClaim): string {
  return claim.status?.phase ?? 'without a phase';
}

/** The size that a claim has, in bytes; 0 before it is bound. */
export function claimCapacityBytes(claim: PersistentVolumeClaim): number {
  return bytesOfQuantity(claim.status?.capacity?.storage ?? '0');
}

/** The volume that a claim is bound to, or undefined. */
export function volumeNameOf(claim: PersistentVolumeClaim | undefined): string | undefined {
  return claim?.spec.volumeName === '' ? undefined : claim?.spec.volumeName;
}
