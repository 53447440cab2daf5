import { z } from 'zod';
import {
  Bytes,
  Digest,
  Namespace,
  ObjectName,
  ObjectUid,
  OperationId,
  RestorePointId,
  VolumeHandle,
} from './identifiers.js';
import { ErrorDetail } from './snapfleet-error.js';
import { Assertion, MoverName, SnapshotPolicy, VerifyLevel } from './snapshot-policy.js';

/** Which volume. */
export const VolumeReference = z.object({
  namespace: Namespace,
  persistentVolumeClaim: ObjectName,
});
export type VolumeReference = z.infer<typeof VolumeReference>;

/**
 * What may be said of the data: `app` the application had ended or made itself ready, `fs` nothing was in the middle of
 * writing and the filesystem was frozen for the cut, `crash` as after a power cut.
 */
export const ConsistencyGrade = z.enum(['app', 'fs', 'crash']);
export type ConsistencyGrade = z.infer<typeof ConsistencyGrade>;

/** Restore points that were made together, in one window: all of them or none. */
export const RestorePointGroup = z.object({
  groupId: OperationId,
  restorePointIds: z.array(RestorePointId).min(1).max(16),
});
export type RestorePointGroup = z.infer<typeof RestorePointGroup>;

/** What does not keep a snapshot from being made, and should be known. */
export const Notice = z.object({
  code: z.enum(['horizontal-pod-autoscaler', 'gitops-owner', 'dry-run-unsupported']).describe('stable; decide by it'),
  message: z.string().max(1024),
});
export type Notice = z.infer<typeof Notice>;

/** The VolumeSnapshot of a restore point, bound and ready. */
export const BoundSnapshot = z.object({
  volumeSnapshotName: ObjectName,
  volumeSnapshotUid: ObjectUid,
  volumeSnapshotContentName: ObjectName,
  snapshotHandle: VolumeHandle,
  deletionPolicy: z.enum(['Delete', 'Retain']),
  restoreSizeBytes: Bytes,
  creationTime: z.iso.datetime({ offset: true }),
});
export type BoundSnapshot = z.infer<typeof BoundSnapshot>;

/** The VolumeSnapshot of a restore point that was missing from two scans in a row. */
export const LostSnapshot = z.object({
  snapshot: BoundSnapshot.describe('as it was'),
  noticedAt: z.iso.datetime({ offset: true }),
});
export type LostSnapshot = z.infer<typeof LostSnapshot>;

/** Which finalizers were taken off a VolumeSnapshot that would not go. */
export const FinalizersRemoved = z
  .array(z.string().max(320))
  .max(8)
  .optional()
  .describe('that were taken off the VolumeSnapshot, by request and with proof that nothing refers to it');

/** Facts about a claim that later steps need. */
export const ClaimFacts = z.object({
  uid: ObjectUid,
  volumeName: ObjectName,
  volumeHandle: VolumeHandle,
  storageClassName: ObjectName,
  deviceClass: z.string().max(63).describe('empty: the default class of lvmd'),
  capacityBytes: Bytes,
  volumeMode: z.enum(['Filesystem', 'Block']),
  accessModes: z.array(z.string().max(32)).max(4),
  nodeName: z.string().max(253).optional(),
});
export type ClaimFacts = z.infer<typeof ClaimFacts>;

/** What a backup worker or a verifier needs to know to do its work without asking anybody. */
export const ReadySnapshot = z.object({
  restorePointId: RestorePointId,
  ...VolumeReference.shape,
  claim: ClaimFacts,
  snapshot: BoundSnapshot,
  consistency: ConsistencyGrade,
  movers: z.array(MoverName),
  verify: z.array(VerifyLevel),
  assertion: Assertion.optional(),
  allowEmpty: z.boolean(),
});
export type ReadySnapshot = z.infer<typeof ReadySnapshot>;

/** That a workload was not put back, or let go on, by its operation, but before that by something else of Snapfleet. */
export const BroughtBack = z.object({
  by: z.literal('dead-man-timer').describe('the workload guard, because the maximum downtime was over'),
  at: z.iso.datetime({ offset: true }).describe('when it was back, or its hooks had run'),
});
export type BroughtBack = z.infer<typeof BroughtBack>;

/** By which clock it was counted how long a workload was away. */
export const DowntimeClock = z
  .enum(['boot', 'wall'])
  .optional()
  .describe(
    "`boot`: by the time since the boot, which nobody can set; `wall`: two times of the device's clock were compared, which is wrong where that was set meanwhile; absent: `wall`, told by a service of before",
  );

/** Counts of a manifest. */
export const ManifestSummary = z.object({
  rootDigest: Digest.describe('digest of the whole manifest: equal digests mean equal trees'),
  entries: z.number().int().nonnegative(),
  files: z.number().int().nonnegative(),
  bytes: Bytes,
  skippedAttributes: z.array(z.string().max(128)).max(32).describe('attribute classes that could not be read'),
});
export type ManifestSummary = z.infer<typeof ManifestSummary>;

/** Whether a snapshot was read with the log of its filesystem; not told by services of before. */
export const CleanLog = z
  .boolean()
  .optional()
  .describe(
    'false: the snapshot was read without the log of its filesystem. Of ext4 the data is then as after a power cut; of an XFS that was mounted for the cut it is always so, and what had been written is there where the filesystem was frozen. The grade does not depend on it',
  );

/** Where a mover put the data, in the mover's own terms; opaque to everyone else. */
export const BackupReference = z.object({
  mover: MoverName,
  destination: z.string().max(64).describe('name of the destination in the settings'),
  location: z.string().max(1024).describe('where in the destination: a path below it, or a restic snapshot id'),
});
export type BackupReference = z.infer<typeof BackupReference>;

/** One backup of a restore point, as the catalogue shows it. */
export const BackupRecord = z.object({
  mover: MoverName,
  state: z.enum(['pending', 'completed', 'failed', 'deleted']),
  reference: BackupReference.optional(),
  manifest: ManifestSummary.optional(),
  completedAt: z.iso.datetime({ offset: true }).optional(),
  error: ErrorDetail.optional(),
});
export type BackupRecord = z.infer<typeof BackupRecord>;

/** One verdict about a restore point. */
export const VerificationRecord = z.object({
  level: VerifyLevel,
  mover: MoverName.optional().describe('which backup, for level `backup`'),
  state: z.enum(['pending', 'verified', 'failed']),
  rootDigest: Digest.optional(),
  verifiedAt: z.iso.datetime({ offset: true }).optional(),
  error: ErrorDetail.optional(),
});
export type VerificationRecord = z.infer<typeof VerificationRecord>;

/** Where a restore point is in its life. */
export const RestorePointPhase = z.enum([
  'requested',
  'preflight-passed',
  'quiesced',
  'snapshot-ready',
  'resumed',
  'backed-up',
  'verified-local',
  'verified-remote',
  'deleting',
  'deleted',
  'failed',
]);
export type RestorePointPhase = z.infer<typeof RestorePointPhase>;

/** A restore point as the device's catalogue knows it. */
export const RestorePoint = z.object({
  restorePointId: RestorePointId,
  ...VolumeReference.shape,
  phase: RestorePointPhase,
  consistency: ConsistencyGrade.optional(),
  snapshot: BoundSnapshot.optional(),
  lostSnapshot: LostSnapshot.optional().describe('in place of `snapshot`: somebody else has deleted it'),
  claim: ClaimFacts.optional(),
  backups: z.array(BackupRecord),
  verifications: z.array(VerificationRecord),
  policy: SnapshotPolicy,
  requestedBy: z.string().max(256).optional(),
  reason: z.string().max(1024).optional(),
  requestedAt: z.iso.datetime({ offset: true }),
  readyAt: z.iso.datetime({ offset: true }).optional(),
  downtimeMs: z.number().int().nonnegative().optional().describe('as in `workload.resumed`'),
  downtimeClock: DowntimeClock,
  broughtBack: BroughtBack.optional(),
  group: RestorePointGroup.optional(),
  notices: z.array(Notice).max(16).optional(),
  error: ErrorDetail.optional(),
});
export type RestorePoint = z.infer<typeof RestorePoint>;
