import { z } from 'zod';
import { defineEvent } from './definition.js';
import { Bytes, ObjectName, ObjectUid, OperationId, RestorePointId } from './identifiers.js';
import { BackupReference, ManifestSummary, ReadySnapshot, VolumeReference } from './restore-point.js';
import { ErrorDetail } from './snapfleet-error.js';
import { Assertion, MoverName, Quiesce, VerifyLevel, Workload } from './snapshot-policy.js';

const id = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const where = { restorePointId: id, namespace: 'shop', persistentVolumeClaim: 'orders' };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const exampleError = {
  code: 'snapshot_not_ready' as const,
  message: 'VolumeSnapshot snapfleet-… was not ready after 300 s: no enough space left on VG',
  remedy: 'The message repeats status.error.message of the driver.',
  retryable: true,
};
const manifest = { rootDigest: digest, entries: 12, files: 10, bytes: 1048576, skippedAttributes: [] };
const AboutRestorePoint = z.object({ restorePointId: RestorePointId, ...VolumeReference.shape });
const duration = z.number().int().nonnegative();

export const CommandRejected = defineEvent({
  name: 'command.rejected',
  summary: 'A command was refused and changed nothing; `error` names the field and the rule, or the reason.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ command: z.string().max(128), commandId: z.string().max(128).optional(), error: ErrorDetail }),
  example: {
    command: 'snapshot.create',
    commandId: 'a-1',
    error: {
      code: 'invalid_message',
      message: 'data.namespace: must be a Kubernetes namespace',
      remedy: 'Correct the named field.',
      retryable: false,
      field: 'data.namespace',
      rule: 'must be a Kubernetes namespace',
    },
  },
});

export const CommandCompleted = defineEvent({
  name: 'command.completed',
  summary: 'A command ended without an event of its own: a key that was used before, or cancelling what had already ended.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    command: z.string().max(128),
    commandId: z.string().max(128),
    operationId: OperationId,
    note: z.string().max(1024),
  }),
  example: {
    command: 'snapshot.cancel',
    commandId: 'a-2',
    operationId: id,
    note: 'the restore point was ready already',
  },
});

export const SnapshotRequested = defineEvent({
  name: 'snapshot.requested',
  summary: 'A restore point was asked for, and the request is durable on the device.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    quiesce: Quiesce,
    requestedBy: z.string().optional(),
    reason: z.string().optional(),
  }),
  example: {
    ...where,
    quiesce: { level: 'cold', workload: { kind: 'Deployment', name: 'orders' } },
    requestedBy: 'nightly',
  },
});

export const SnapshotPreflightPassed = defineEvent({
  name: 'snapshot.preflight-passed',
  summary: 'Everything that the snapshot needs is there.',
  from: ['orchestrator'],
  to: ['client'],
  data: AboutRestorePoint,
  example: where,
});

export const WorkloadQuiesced = defineEvent({
  name: 'workload.quiesced',
  summary: 'The workload is scaled to 0 or its Pod deleted, and every Pod that used the volume is gone.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    workload: Workload,
    originalReplicas: z.number().int().nonnegative().optional(),
  }),
  example: { ...where, workload: { kind: 'Deployment', name: 'orders' }, originalReplicas: 1 },
});

export const WorkloadResumed = defineEvent({
  name: 'workload.resumed',
  summary: 'The workload is back as it was: the exact replicas, or the Pod.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    workload: Workload,
    replicas: z.number().int().nonnegative().optional(),
    downtimeMs: duration.describe('from the moment before the scale to the moment after it was put back'),
    conflict: z.string().max(1024).optional().describe('what somebody else changed meanwhile, and was left in place'),
  }),
  example: { ...where, workload: { kind: 'Deployment', name: 'orders' }, replicas: 1, downtimeMs: 8120 },
});

export const WorkloadResumeFailed = defineEvent({
  name: 'workload.resume-failed',
  summary: 'The workload could not be put back yet; it is tried until it succeeds. An operator should look.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    workload: Workload,
    attempt: z.number().int().positive(),
    error: ErrorDetail,
  }),
  example: { ...where, workload: { kind: 'Deployment', name: 'orders' }, attempt: 3, error: exampleError },
});

export const SnapshotReady = defineEvent({
  name: 'snapshot.ready',
  summary: 'The VolumeSnapshot is ready and the workload back; backup and verification start from this, independently.',
  from: ['orchestrator'],
  to: ['backup-worker', 'restore-verifier', 'client'],
  data: ReadySnapshot,
  example: {
    ...where,
    claim: {
      uid: '1c9d7a60-0b1e-4a53-8f44-0f6c4cf5e8a1',
      volumeName: 'pvc-1c9d7a60-0b1e-4a53-8f44-0f6c4cf5e8a1',
      volumeHandle: '77d53b3c-5f0b-4c57-a0ef-9a1d0a5d1c55',
      storageClassName: 'topolvm-provisioner-thin',
      deviceClass: 'thin',
      capacityBytes: 1073741824,
      volumeMode: 'Filesystem',
      accessModes: ['ReadWriteOnce'],
      nodeName: 'edge-1',
    },
    snapshot: {
      volumeSnapshotName: `snapfleet-${id}`,
      volumeSnapshotUid: '0e2c6f0e-3f7e-4a43-93a2-8c3d2c8f9d11',
      volumeSnapshotContentName: 'snapcontent-0e2c6f0e-3f7e-4a43-93a2-8c3d2c8f9d11',
      snapshotHandle: '6a4f7a1b-0f3e-4f0d-b7a1-4f8f8f9e2b10',
      deletionPolicy: 'Delete',
      restoreSizeBytes: 1073741824,
      creationTime: '2026-11-23T10:00:00Z',
    },
    consistency: 'app',
    movers: ['copy'],
    verify: ['snapshot', 'backup'],
    allowEmpty: false,
  },
});

export const SnapshotFailed = defineEvent({
  name: 'snapshot.failed',
  summary: 'No restore point was made; the workload is back and what had been made is removed.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    phase: z.string().max(64).describe('how far it had come'),
    error: ErrorDetail,
  }),
  example: { ...where, phase: 'quiesced', error: exampleError },
});

export const SnapshotCompleted = defineEvent({
  name: 'snapshot.completed',
  summary: 'All that the policy asked for has ended: every backup and every verification, well or not.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    outcome: z.enum(['proven', 'incomplete']),
    failures: z.array(z.string().max(512)).max(32),
  }),
  example: { ...where, outcome: 'proven', failures: [] },
});

export const BackupRequested = defineEvent({
  name: 'backup.requested',
  summary: 'An existing restore point is to be backed up once more.',
  from: ['orchestrator'],
  to: ['backup-worker', 'client'],
  data: z.object({ ready: ReadySnapshot, mover: MoverName }),
  example: { ready: SnapshotReady.example, mover: 'restic' },
});

export const BackupStarted = defineEvent({
  name: 'backup.started',
  summary: 'A mover began to copy a snapshot.',
  from: ['backup-worker'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, mover: MoverName }),
  example: { ...where, mover: 'copy' },
});

export const BackupProgress = defineEvent({
  name: 'backup.progress',
  summary: 'How far a mover has come; a few a minute at most.',
  from: ['backup-worker'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    mover: MoverName,
    step: z.enum(['reading', 'moving']),
    bytesDone: Bytes,
    bytesTotal: Bytes.optional(),
    filesDone: z.number().int().nonnegative(),
    filesTotal: z.number().int().nonnegative().optional(),
  }),
  example: {
    ...where,
    mover: 'copy',
    step: 'moving',
    bytesDone: 4096,
    bytesTotal: 1048576,
    filesDone: 1,
    filesTotal: 10,
  },
});

const BackupFacts = z.object({
  ...AboutRestorePoint.shape,
  backup: BackupReference,
  manifest: ManifestSummary,
  addedBytes: Bytes.optional().describe('what the destination grew by, where the mover tells'),
  durationMs: duration,
  verify: z.boolean().describe('whether the backup is to be verified'),
  allowEmpty: z.boolean(),
});

export const BackupCompleted = defineEvent({
  name: 'backup.completed',
  summary: 'The data is at the destination, with its manifest.',
  from: ['backup-worker'],
  to: ['orchestrator', 'restore-verifier', 'client'],
  data: BackupFacts,
  example: {
    ...where,
    backup: { mover: 'copy', destination: 'default', location: `shop/orders/${id}` },
    manifest,
    durationMs: 1200,
    verify: true,
    allowEmpty: false,
  },
});

export const BackupFailed = defineEvent({
  name: 'backup.failed',
  summary: 'A mover gave up; nothing incomplete is listed at the destination.',
  from: ['backup-worker'],
  to: ['orchestrator', 'client'],
  data: z.object({ ...AboutRestorePoint.shape, mover: MoverName, error: ErrorDetail }),
  example: { ...where, mover: 'copy', error: exampleError },
});

export const VerificationRequested = defineEvent({
  name: 'verification.requested',
  summary: 'A restore point, or one of its backups, is to be proven once more.',
  from: ['orchestrator'],
  to: ['restore-verifier', 'client'],
  data: z.discriminatedUnion('level', [
    z.object({ level: z.literal('snapshot'), ready: ReadySnapshot, assertion: Assertion.optional() }),
    z.object({ level: z.literal('backup'), backup: BackupFacts }),
  ]),
  example: { level: 'snapshot', ready: SnapshotReady.example },
});

/** One place where the restored tree differs from the manifest. */
export const Difference = z.object({
  path: z
    .string()
    .max(8192)
    .describe('path below the volume root, with bytes that are not UTF-8 or not printable as \\xNN'),
  field: z.string().max(128),
  expected: z.string().max(512),
  actual: z.string().max(512),
});
export type Difference = z.infer<typeof Difference>;

export const RestoreVerified = defineEvent({
  name: 'restore.verified',
  summary: 'The snapshot or backup was restored, and what came back equals the manifest.',
  from: ['restore-verifier'],
  to: ['orchestrator', 'client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    level: VerifyLevel,
    mover: MoverName.optional(),
    manifest: ManifestSummary,
    assertion: z.object({ exitCode: z.literal(0) }).optional(),
    durationMs: duration,
  }),
  example: { ...where, level: 'backup', mover: 'copy', manifest, durationMs: 900 },
});

export const RestoreFailed = defineEvent({
  name: 'restore.failed',
  summary: 'The restore point could not be proven: it did not restore, or what came back differs.',
  from: ['restore-verifier'],
  to: ['orchestrator', 'client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    level: VerifyLevel,
    mover: MoverName.optional(),
    error: ErrorDetail,
    differences: z.array(Difference).max(100).describe('the first of them'),
    differenceCount: z.number().int().nonnegative(),
  }),
  example: {
    ...where,
    level: 'backup',
    mover: 'copy',
    error: { ...exampleError, code: 'verification_failed' },
    differences: [{ path: 'a.txt', field: 'digest', expected: digest, actual: digest.replace('0', '1') }],
    differenceCount: 1,
  },
});

export const VolumeRestored = defineEvent({
  name: 'volume.restored',
  summary: 'A restore point was restored into a new PersistentVolumeClaim, which is bound and was used by a Pod.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, targetClaim: ObjectName, targetUid: ObjectUid, sizeBytes: Bytes }),
  example: {
    ...where,
    targetClaim: 'orders-restored',
    targetUid: '4d1de0a4-4a49-4bd6-9a5a-04dbb1ad4d01',
    sizeBytes: 1073741824,
  },
});

export const VolumeRestoreFailed = defineEvent({
  name: 'volume.restore-failed',
  summary: 'The restore did not succeed; what it had made is removed.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, targetClaim: ObjectName, error: ErrorDetail }),
  example: { ...where, targetClaim: 'orders-restored', error: exampleError },
});

export const SnapshotDeleted = defineEvent({
  name: 'snapshot.deleted',
  summary: 'The restore point is gone; `freed` says whether its logical volume is.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    freed: z.boolean(),
    backupsDeleted: z.array(MoverName),
    cause: z.enum(['command', 'retention']),
  }),
  example: { ...where, freed: true, backupsDeleted: [], cause: 'command' },
});

export const SnapshotDeleteFailed = defineEvent({
  name: 'snapshot.delete-failed',
  summary: 'The restore point could not be deleted; `error` says what holds it.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, error: ErrorDetail }),
  example: { ...where, error: { ...exampleError, code: 'snapshot_delete_pending' } },
});
