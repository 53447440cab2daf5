import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { CleanLog, ManifestSummary, ReadySnapshot } from '../restore-point.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { Assertion, MoverName, VerifyLevel } from '../snapshot-policy.js';
import { AboutRestorePoint, example } from './about-restore-point.js';
import { BackupFacts } from './backup-events.js';
import { SnapshotReady } from './snapshot-events.js';

const duration = z.number().int().nonnegative();

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

/** One place example.where the restored tree differs from the manifest. */
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
    cleanLog: CleanLog,
    durationMs: duration,
  }),
  example: { ...example.where, level: 'backup', mover: 'copy', manifest: example.manifest, durationMs: 900 },
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
    ...example.where,
    level: 'backup',
    mover: 'copy',
    error: { ...example.error, code: 'verification_failed' },
    differences: [
      { path: 'a.txt', field: 'digest', expected: example.digest, actual: example.digest.replace('0', '1') },
    ],
    differenceCount: 1,
  },
});
