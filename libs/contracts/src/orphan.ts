import { z } from 'zod';
import { Bytes, Namespace, ObjectName, ObjectUid, RestorePointId, VolumeHandle } from './identifiers.js';

const time = z.iso.datetime({ offset: true });

/** The identity of an orphan, made of its kind and the uid of what it is: the same in every scan. */
export const OrphanId = z.uuid().brand<'OrphanId'>();
export type OrphanId = z.infer<typeof OrphanId>;

/** What an orphan is: an object of Kubernetes or, as `thin-volume`, a logical volume that only LVM knows. */
export const OrphanKind = z.enum([
  'volume-snapshot',
  'volume-snapshot-content',
  'logical-volume',
  'thin-volume',
  'scratch-claim',
  'pod',
]);
export type OrphanKind = z.infer<typeof OrphanKind>;

/** What LVM knows a logical volume by; a removed volume that was made again has another one. */
export const LvUuid = z
  .string()
  .regex(/^[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}$/, 'must be the UUID that LVM gives a logical volume')
  .brand<'LvUuid'>();
export type LvUuid = z.infer<typeof LvUuid>;

/** Something that is left over in the chain of VolumeSnapshot, VolumeSnapshotContent, LogicalVolume and logical volume. */
export const Orphan = z.object({
  orphanId: OrphanId,
  kind: OrphanKind,
  namespace: Namespace.optional(),
  name: z.string().max(253),
  uid: z.string().max(128).describe('of the Kubernetes object, or what LVM knows the logical volume by'),
  owner: z
    .enum(['ours', 'foreign', 'unknown'])
    .describe('`ours` only where the journal of the device proves it; `unknown` where nothing tells'),
  restorePointId: RestorePointId.optional().describe('the restore point that it was made for, where it is known'),
  why: z.string().max(1024).describe('why it is an orphan, in plain words'),
  evidence: z.array(z.string().max(512)).max(16),
  volumeSnapshotUid: ObjectUid.optional().describe('of the VolumeSnapshot that it was made for'),
  volumeHandle: VolumeHandle.optional().describe('of the logical volume that it keeps'),
  sizeBytes: Bytes.optional().describe('virtual size of that logical volume'),
  purge: z
    .enum(['automatic', 'on-command', 'never'])
    .describe(
      'whether it may be purged after its quarantine: by itself where the settings say so, by command, or never',
    ),
  purgeNote: z.string().max(1024).describe('what keeps it from being purged, or what a purge does'),
});
export type Orphan = z.infer<typeof Orphan>;

/** An orphan as the journal keeps it from scan to scan. */
export const OrphanRecord = z.object({
  ...Orphan.shape,
  firstSeen: time,
  lastSeen: time,
  scans: z.number().int().positive().describe('in how many scans, one after the other, it was seen'),
  quarantinedSince: time.optional().describe('when it was seen for the second time'),
  quarantinedSeconds: z
    .number()
    .int()
    .nonnegative()
    .describe('counted from scan to scan, so that a clock that jumps does not end a quarantine'),
  quarantineOver: z.boolean().describe('whether it has been in quarantine for as long as the settings say'),
});
export type OrphanRecord = z.infer<typeof OrphanRecord>;

const example = {
  uid: '0e2c6f0e-3f7e-4a43-93a2-8c3d2c8f9d11',
  restorePointId: '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87',
};

/** An orphan for the examples of messages. */
export const orphanExample: z.input<typeof Orphan> = {
  orphanId: 'b7c1f3a2-5d0e-5a6b-8c9d-1e2f3a4b5c6d',
  kind: 'volume-snapshot-content',
  name: `snapcontent-${example.uid}`,
  uid: '9d1b2c3e-4f50-4a6b-8c7d-0e1f2a3b4c5d',
  owner: 'ours',
  restorePointId: example.restorePointId,
  why: 'the restore point is deleted, and its VolumeSnapshot is gone',
  evidence: [`there is no VolumeSnapshot shop/snapfleet-${example.restorePointId} with uid ${example.uid}`],
  volumeSnapshotUid: example.uid,
  volumeHandle: '6a4f7a1b-0f3e-4f0d-b7a1-4f8f8f9e2b10',
  sizeBytes: 1073741824,
  purge: 'on-command',
  purgeNote: 'its policy is Retain, so it is purged by command only',
};

/** An object of Kubernetes as commands name it. */
export const NamedObject = z.object({ namespace: Namespace.optional(), name: ObjectName, uid: ObjectUid });
