import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { ObjectName, ObjectUid, VolumeHandle } from '../identifiers.js';
import { FinalizersRemoved, Notice, ReadySnapshot, RestorePointPhase } from '../restore-point.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { MoverName, Quiesce } from '../snapshot-policy.js';
import { AboutRestorePoint, example } from './about-restore-point.js';

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
    ...example.where,
    quiesce: { level: 'cold', workload: { kind: 'Deployment', name: 'orders' } },
    requestedBy: 'nightly',
  },
});

export const SnapshotPreflightPassed = defineEvent({
  name: 'snapshot.preflight-passed',
  summary: 'Everything that the snapshot needs is there.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    notices: z.array(Notice).max(16).default([]).describe('what may disturb it, such as who else scales the workload'),
  }),
  example: example.where,
});

export const SnapshotReady = defineEvent({
  name: 'snapshot.ready',
  summary: 'The VolumeSnapshot is ready and the workload back; backup and verification start from this, independently.',
  from: ['orchestrator'],
  to: ['backup-worker', 'restore-verifier', 'client'],
  data: ReadySnapshot,
  example: {
    ...example.where,
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
      volumeSnapshotName: `snapfleet-${example.id}`,
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

export const SnapshotBegun = defineEvent({
  name: 'snapshot.begun',
  summary:
    'The VolumeSnapshot of a restore point is there and may still fail; its uid is kept, so that what is left of it is known as ours.',
  from: ['cluster-operator'],
  to: ['orchestrator', 'client'],
  data: z.object({ ...AboutRestorePoint.shape, volumeSnapshotName: ObjectName, volumeSnapshotUid: ObjectUid }),
  example: {
    ...example.where,
    volumeSnapshotName: SnapshotReady.example.snapshot.volumeSnapshotName,
    volumeSnapshotUid: SnapshotReady.example.snapshot.volumeSnapshotUid,
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
  example: { ...example.where, phase: 'quiesced', error: example.error },
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
  example: { ...example.where, outcome: 'proven', failures: [] },
});

export const SnapshotLost = defineEvent({
  name: 'snapshot.lost',
  summary:
    'Somebody else has deleted the VolumeSnapshot of a restore point: two complete scans in a row have missed it. It counts as no copy any more; nothing was deleted.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    volumeSnapshotName: ObjectName,
    volumeSnapshotUid: ObjectUid,
    snapshotHandle: VolumeHandle,
    logicalVolumeLeft: z.boolean().describe('LVM still has its logical volume, which stays'),
    phase: RestorePointPhase.describe('what the restore point amounts to without it'),
  }),
  example: {
    ...example.where,
    volumeSnapshotName: SnapshotReady.example.snapshot.volumeSnapshotName,
    volumeSnapshotUid: SnapshotReady.example.snapshot.volumeSnapshotUid,
    snapshotHandle: SnapshotReady.example.snapshot.snapshotHandle,
    logicalVolumeLeft: false,
    phase: 'backed-up',
  },
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
    finalizersRemoved: FinalizersRemoved,
    cause: z.enum(['command', 'retention', 'pool-guard']),
  }),
  example: { ...example.where, freed: true, backupsDeleted: [], cause: 'command' },
});

export const SnapshotDeleteFailed = defineEvent({
  name: 'snapshot.delete-failed',
  summary: 'The restore point could not be deleted; `error` says what holds it.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    error: ErrorDetail,
    snapshotDeleted: z.boolean().optional().describe('the VolumeSnapshot is gone; what failed came after it'),
    backupsDeleted: z.array(MoverName).optional().describe('the backups that are gone all the same'),
  }),
  example: { ...example.where, error: { ...example.error, code: 'snapshot_delete_pending' } },
});
