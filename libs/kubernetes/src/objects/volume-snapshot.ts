import { z } from 'zod';
import { ObjectMeta } from './object-meta.js';

const SnapshotError = z.looseObject({ message: z.string().nullish() });
/** The API server takes a number as well as its text (x-kubernetes-int-or-string). */
const Quantity = z.union([z.string(), z.number().transform(String)]);
const DeletionPolicy = z.enum(['Delete', 'Retain']);

/** A VolumeSnapshot (snapshot.storage.k8s.io/v1). */
export const VolumeSnapshot = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    source: z.looseObject({
      persistentVolumeClaimName: z.string().optional(),
      volumeSnapshotContentName: z.string().optional(),
    }),
    volumeSnapshotClassName: z.string().optional(),
  }),
  status: z
    .looseObject({
      boundVolumeSnapshotContentName: z.string().nullish(),
      creationTime: z.string().nullish(),
      readyToUse: z.boolean().nullish(),
      restoreSize: Quantity.nullish(),
      error: SnapshotError.nullish(),
    })
    .nullish(),
});
export type VolumeSnapshot = z.infer<typeof VolumeSnapshot>;

/** A VolumeSnapshotContent (snapshot.storage.k8s.io/v1). */
export const VolumeSnapshotContent = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    driver: z.string(),
    deletionPolicy: DeletionPolicy,
    volumeSnapshotRef: z.looseObject({
      name: z.string().optional(),
      namespace: z.string().optional(),
      uid: z.string().optional(),
    }),
    source: z.looseObject({ volumeHandle: z.string().nullish(), snapshotHandle: z.string().nullish() }),
  }),
  status: z
    .looseObject({
      snapshotHandle: z.string().nullish(),
      readyToUse: z.boolean().nullish(),
      restoreSize: z.number().nullish().describe('bytes'),
      error: SnapshotError.nullish(),
    })
    .nullish(),
});
export type VolumeSnapshotContent = z.infer<typeof VolumeSnapshotContent>;

/** A VolumeSnapshotClass (snapshot.storage.k8s.io/v1). */
export const VolumeSnapshotClass = z.looseObject({
  metadata: ObjectMeta,
  driver: z.string(),
  deletionPolicy: DeletionPolicy,
});
export type VolumeSnapshotClass = z.infer<typeof VolumeSnapshotClass>;

/** The content that a VolumeSnapshot is bound to, or undefined. */
export function boundContentName(snapshot: VolumeSnapshot): string | undefined {
  const name = snapshot.status?.boundVolumeSnapshotContentName ?? '';
  return name === '' ? undefined : name;
}

/** Whether it can be restored from: ready and bound. */
export function isReadyToUse(snapshot: VolumeSnapshot): boolean {
  return snapshot.status?.readyToUse === true && boundContentName(snapshot) !== undefined;
}

/** What the driver says went wrong, verbatim, or undefined. */
export function snapshotErrorText(snapshot: VolumeSnapshot | VolumeSnapshotContent): string | undefined {
  return snapshot.status?.error?.message ?? undefined;
}
