import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { Bytes, ObjectUid, RestorePointId, VolumeHandle } from '../identifiers.js';
import { LvUuid, NamedObject } from '../orphan.js';
import { VolumeReference } from '../restore-point.js';
import { SnapshotReady } from '../events/snapshot-events.js';
import { InventoryEntry } from './inventory-entry.js';

const ready = SnapshotReady.example;
const time = z.iso.datetime({ offset: true });
const count = z.number().int().nonnegative();
const lvUuid = 'nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO';

export const ClusterInventory = defineAgentCommand({
  name: 'cluster.inventory',
  summary:
    'List what is suspicious in the cluster: snapshots of ours, broken snapshots of others, contents and LogicalVolumes to which nothing refers, scratch claims and their Pods. Nothing is changed.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({ after: z.string().max(1024).optional().describe('the `next` of the page before') }),
  reply: z.object({
    readAt: time.describe('before the first object was read'),
    entries: z.array(InventoryEntry).max(200),
    next: z.string().max(1024).optional().describe('there is another page'),
  }),
  errors: [],
  example: {},
});

export const ClusterReferences = defineAgentCommand({
  name: 'cluster.references',
  summary:
    'Tell which of these volume handles no LogicalVolume, VolumeSnapshotContent or PersistentVolume names, by a fresh read of all of them.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({ volumeHandles: z.array(VolumeHandle).min(1).max(2000) }),
  reply: z.object({
    readAt: time.describe('before the first object was read'),
    read: z.object({ logicalVolumes: count, volumeSnapshotContents: count, persistentVolumes: count }),
    unreferenced: z.array(VolumeHandle).max(2000),
    references: z
      .array(z.object({ volumeHandle: VolumeHandle, by: z.array(z.string().max(512)).max(8) }))
      .max(16)
      .describe('who names the first of the others'),
  }),
  errors: [],
  example: { volumeHandles: [ready.snapshot.snapshotHandle] },
});

export const ClusterPurge = defineAgentCommand({
  name: 'cluster.purge',
  summary:
    'Remove one orphan of ours in the legal order, by its uid, after the proof that nothing refers to it has been made again.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    restorePointId: RestorePointId,
    ...VolumeReference.shape,
    target: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('volume-snapshot'), ...NamedObject.shape }),
      z.object({ kind: z.literal('volume-snapshot-content'), ...NamedObject.shape, volumeSnapshotUid: ObjectUid }),
      z.object({ kind: z.literal('logical-volume'), ...NamedObject.shape, volumeSnapshotUid: ObjectUid }),
      z.object({ kind: z.literal('scratch-claim'), ...NamedObject.shape }),
      z.object({ kind: z.literal('pod'), ...NamedObject.shape }),
    ]),
    dryRun: z.boolean().describe('only prove'),
    releaseFinalizers: z.boolean().default(false),
    deadlineSeconds: z.number().int().positive(),
  }),
  reply: z.object({
    proof: z.array(z.string().max(512)).max(16),
    removed: z.boolean().describe('false: it was gone already, or this was a dry run'),
    volumeHandle: VolumeHandle.optional().describe('of the logical volume that went with it'),
  }),
  errors: ['orphan_not_purgeable', 'not_ours', 'snapshot_in_use', 'snapshot_delete_pending', 'deadline_exceeded'],
  example: {
    restorePointId: ready.restorePointId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    target: {
      kind: 'volume-snapshot-content',
      name: ready.snapshot.volumeSnapshotContentName,
      uid: '9d1b2c3e-4f50-4a6b-8c7d-0e1f2a3b4c5d',
      volumeSnapshotUid: ready.snapshot.volumeSnapshotUid,
    },
    dryRun: false,
    deadlineSeconds: 120,
  },
});

/** A thin volume in an inventory. Its origin is left out: an empty one means nothing (see LogicalVolumeFacts). */
export const InventoriedVolume = z.object({
  volumeGroup: z.string().max(128),
  logicalVolume: z.string().max(128),
  lvUuid: LvUuid,
  pool: z.string().max(128),
  sizeBytes: Bytes,
  access: z.enum(['read-only', 'read-write']),
  active: z.boolean(),
  open: z.boolean().describe('something has its device open, such as a mount'),
  leased: z.boolean().describe('a lease of host-lvm is on it'),
});
export type InventoriedVolume = z.infer<typeof InventoriedVolume>;

export const VolumeInventory = defineAgentCommand({
  name: 'volume.inventory',
  summary: 'List the thin volumes of this host, by volume group and name.',
  from: ['orchestrator'],
  to: ['host-lvm'],
  data: z.object({ after: z.string().max(300).optional().describe('the `next` of the page before') }),
  reply: z.object({
    volumes: z.array(InventoriedVolume).max(500),
    next: z.string().max(300).optional().describe('there is another page'),
  }),
  errors: ['lvm_failed'],
  example: {},
});

export const VolumeDestroy = defineAgentCommand({
  name: 'volume.destroy',
  summary:
    'Remove exactly one thin volume, by handle and LVM identity, which LVM itself checks under its lock; refused while anything has it open.',
  from: ['orchestrator'],
  to: ['host-lvm'],
  data: z.object({
    volumeHandle: VolumeHandle,
    lvUuid: LvUuid,
    provenAt: time.describe('when it was read that nothing refers to it; too long ago is refused'),
    dryRun: z.boolean().describe('only look whether it could be removed'),
  }),
  reply: z.object({
    proof: z.array(z.string().max(512)).max(16),
    removed: z.boolean().describe('false: it was gone already, or this was a dry run'),
  }),
  errors: ['volume_not_thin', 'volume_ambiguous', 'volume_in_use', 'volume_replaced', 'proof_expired', 'lvm_failed'],
  example: {
    volumeHandle: ready.snapshot.snapshotHandle,
    lvUuid,
    provenAt: '2026-11-23T10:00:00Z',
    dryRun: false,
  },
});
