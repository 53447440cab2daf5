import { z } from 'zod';
import { Bytes, Namespace, ObjectName, ObjectUid, OperationId, RestorePointId, VolumeHandle } from '../identifiers.js';

const time = z.iso.datetime({ offset: true });

const objectShape = {
  name: ObjectName,
  uid: ObjectUid,
  createdAt: time,
  deletionRequestedAt: time.optional(),
  finalizers: z.array(z.string().max(320)).max(8),
  referencedBy: z.array(z.string().max(512)).max(8).describe('what refers to it, or to its logical volume'),
};

/** What the labels of an object say; labels that are not ours are left out. */
const markShape = {
  managed: z.boolean().describe('it carries the label managed-by=snapfleet'),
  restorePointId: RestorePointId.optional(),
  operationId: OperationId.optional(),
};

/** An object of Kubernetes that may be an orphan, reduced to what has to be known to tell. */
export const InventoryEntry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('volume-snapshot'),
    namespace: Namespace,
    ...objectShape,
    ...markShape,
    persistentVolumeClaim: ObjectName.optional().describe('its source; absent where it was made for a content'),
    ready: z.boolean(),
    volumeHandle: VolumeHandle.optional(),
    sizeBytes: Bytes.optional(),
    error: z.string().max(512).optional(),
    holdsClaim: z.boolean().describe('the deletion of its claim waits for it'),
  }),
  z.object({
    kind: z.literal('volume-snapshot-content'),
    ...objectShape,
    deletionPolicy: z.enum(['Delete', 'Retain']),
    volumeHandle: VolumeHandle.optional(),
    sizeBytes: Bytes.optional(),
    volumeSnapshot: z.object({
      namespace: z.string().max(63).optional(),
      name: z.string().max(253).optional(),
      uid: ObjectUid.optional(),
    }),
    beingCreated: z.boolean().describe('the driver has not answered finally, so it is not deleted'),
  }),
  z.object({
    kind: z.literal('logical-volume'),
    ...objectShape,
    volumeHandle: VolumeHandle.optional(),
    sizeBytes: Bytes.optional(),
    source: z.string().max(253).optional().describe('name of the LogicalVolume that it was made from'),
  }),
  z.object({
    kind: z.literal('scratch-claim'),
    namespace: Namespace,
    ...objectShape,
    ...markShape,
    sizeBytes: Bytes.optional(),
  }),
  z.object({
    kind: z.literal('pod'),
    namespace: Namespace,
    ...objectShape,
    ...markShape,
    persistentVolumeClaim: ObjectName.optional(),
  }),
]);
export type InventoryEntry = z.infer<typeof InventoryEntry>;
/** An entry of one kind. */
export type EntryOf<Kind extends InventoryEntry['kind']> = Extract<InventoryEntry, { readonly kind: Kind }>;
