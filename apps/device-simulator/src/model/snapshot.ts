import { z } from 'zod';
import { ObjectReference, objectShape } from './kube-object.js';

/** The API group of VolumeSnapshots. */
export const snapshotGroup = 'snapshot.storage.k8s.io';

const SnapshotError = z.looseObject({ time: z.string().optional(), message: z.string().optional() });
const DeletionPolicy = z.enum(['Delete', 'Retain']);
const exactlyOne = (one: unknown, other: unknown): boolean => (one === undefined) !== (other === undefined);

/** A VolumeSnapshot. */
export const Snapshot = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    source: z
      .looseObject({
        persistentVolumeClaimName: z.string().optional(),
        volumeSnapshotContentName: z.string().optional(),
      })
      .refine((source) => exactlyOne(source.persistentVolumeClaimName, source.volumeSnapshotContentName), {
        error: 'exactly one of volumeSnapshotContentName and persistentVolumeClaimName must be set',
      }),
    volumeSnapshotClassName: z.string().min(1).optional(),
  }),
  status: z
    .looseObject({
      boundVolumeSnapshotContentName: z.string().optional(),
      creationTime: z.string().optional(),
      readyToUse: z.boolean().optional(),
      restoreSize: z.string().optional(),
      error: SnapshotError.optional(),
    })
    .optional(),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** A VolumeSnapshotContent. */
export const SnapshotContent = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    deletionPolicy: DeletionPolicy,
    driver: z.string(),
    source: z
      .looseObject({ volumeHandle: z.string().optional(), snapshotHandle: z.string().optional() })
      .refine((source) => exactlyOne(source.volumeHandle, source.snapshotHandle), {
        error: 'exactly one of volumeHandle and snapshotHandle must be set',
      }),
    volumeSnapshotClassName: z.string().optional(),
    volumeSnapshotRef: ObjectReference,
    sourceVolumeMode: z.string().optional(),
  }),
  status: z
    .looseObject({
      snapshotHandle: z.string().optional(),
      creationTime: z.number().optional(),
      restoreSize: z.number().optional(),
      readyToUse: z.boolean().optional(),
      error: SnapshotError.optional(),
    })
    .optional(),
});
export type SnapshotContent = z.infer<typeof SnapshotContent>;

/** A VolumeSnapshotClass. */
export const SnapshotClass = z.looseObject({
  ...objectShape,
  driver: z.string(),
  deletionPolicy: DeletionPolicy,
  parameters: z.record(z.string(), z.string()).optional(),
});
export type SnapshotClass = z.infer<typeof SnapshotClass>;

/** Finalizers and annotations of external-snapshotter (pkg/utils/util.go). */
export const snapshotMarks = {
  boundFinalizer: 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection',
  sourceFinalizer: 'snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection',
  contentFinalizer: 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection',
  claimFinalizer: 'snapshot.storage.kubernetes.io/pvc-as-source-protection',
  beingCreated: 'snapshot.storage.kubernetes.io/volumesnapshot-being-created',
  beingDeleted: 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted',
  defaultClass: 'snapshot.storage.kubernetes.io/is-default-class',
} as const;
