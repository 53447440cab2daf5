import { z } from 'zod';
import { Condition } from './condition.js';
import { ObjectReference, objectShape } from './kube-object.js';

const Storage = z.looseObject({ storage: z.string() });
const accessModes = z.array(z.string()).min(1);
const volumeMode = z.enum(['Filesystem', 'Block']).optional();
const DataSource = z.looseObject({ apiGroup: z.string().nullish(), kind: z.string(), name: z.string() });

/** A PersistentVolumeClaim. */
export const Claim = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    accessModes,
    resources: z.looseObject({ requests: Storage }),
    storageClassName: z.string().optional(),
    volumeName: z.string().optional(),
    volumeMode,
    dataSource: DataSource.nullish(),
    dataSourceRef: DataSource.nullish(),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      capacity: Storage.optional(),
      accessModes: z.array(z.string()).optional(),
      conditions: z.array(Condition).optional(),
    })
    .optional(),
});
export type Claim = z.infer<typeof Claim>;

/** A PersistentVolume. */
export const Volume = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    capacity: Storage,
    accessModes,
    storageClassName: z.string().optional(),
    persistentVolumeReclaimPolicy: z.string().optional(),
    volumeMode,
    claimRef: ObjectReference.optional(),
    csi: z.looseObject({ driver: z.string(), volumeHandle: z.string(), fsType: z.string().optional() }).optional(),
  }),
  status: z.looseObject({ phase: z.string().optional() }).optional(),
});
export type Volume = z.infer<typeof Volume>;

/** A StorageClass. */
export const StorageClass = z.looseObject({
  ...objectShape,
  provisioner: z.string(),
  parameters: z.record(z.string(), z.string()).optional(),
  reclaimPolicy: z.enum(['Delete', 'Retain']).optional(),
  volumeBindingMode: z.enum(['Immediate', 'WaitForFirstConsumer']).optional(),
  allowVolumeExpansion: z.boolean().optional(),
});
export type StorageClass = z.infer<typeof StorageClass>;

/** TopoLVM's own object for a logical volume. */
export const LogicalVolume = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    name: z.string(),
    nodeName: z.string(),
    size: z.string(),
    deviceClass: z.string().optional(),
    source: z.string().optional(),
    accessType: z.string().optional(),
  }),
  status: z
    .looseObject({
      volumeID: z.string().optional(),
      currentSize: z.string().optional(),
      code: z.number().optional(),
      message: z.string().optional(),
    })
    .optional(),
});
export type LogicalVolume = z.infer<typeof LogicalVolume>;

/** The driver name of TopoLVM. */
export const topolvmDriver = 'topolvm.io';

/** A number of bytes as TopoLVM and Kubernetes write it: with the largest binary unit that divides it. */
export function quantityOfBytes(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
  let value = bytes;
  let unit = 0;
  while (value !== 0 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${String(value)}${units[unit] ?? ''}`;
}
