import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { Bytes } from '../identifiers.js';
import { BackupReference, CleanLog, ManifestSummary, ReadySnapshot } from '../restore-point.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { MoverName } from '../snapshot-policy.js';
import { AboutRestorePoint, example } from './about-restore-point.js';
import { SnapshotReady } from './snapshot-events.js';

const duration = z.number().int().nonnegative();

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
  example: { ...example.where, mover: 'copy' },
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
    ...example.where,
    mover: 'copy',
    step: 'moving',
    bytesDone: 4096,
    bytesTotal: 1048576,
    filesDone: 1,
    filesTotal: 10,
  },
});

/** What `backup.completed` tells, and a request to verify that backup repeats. */
export const BackupFacts = z.object({
  ...AboutRestorePoint.shape,
  backup: BackupReference,
  manifest: ManifestSummary,
  addedBytes: Bytes.optional().describe('what the destination grew by, where the mover tells'),
  durationMs: duration,
  cleanLog: CleanLog,
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
    ...example.where,
    backup: { mover: 'copy', destination: 'default', location: `shop/orders/${example.id}` },
    manifest: example.manifest,
    durationMs: 1200,
    cleanLog: true,
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
  example: { ...example.where, mover: 'copy', error: example.error },
});
