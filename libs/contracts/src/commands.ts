import { z } from 'zod';
import { defineCommand } from './definition.js';
import { Bytes, IdempotencyKey, ObjectName, RestorePointId } from './identifiers.js';
import { OrphanId, orphanExample } from './orphan.js';
import { VolumeReference } from './restore-point.js';
import { CommandAssertion, CommandPolicy, MoverName, VerifyLevel } from './snapshot-policy.js';

const whoAndWhy = {
  idempotencyKey: IdempotencyKey.optional().describe(
    'repeat it to mean the same operation; default: the id of the message',
  ),
  requestedBy: z.string().max(256).optional(),
  reason: z.string().max(1024).optional(),
};
const exampleId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';

export const SnapshotCreate = defineCommand({
  name: 'snapshot.create',
  summary:
    'Make a restore point of a volume: preflight, quiesce, VolumeSnapshot, resume; then back up and verify as the policy says.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({ ...VolumeReference.shape, policy: CommandPolicy, ...whoAndWhy }),
  errors: [
    'pvc_not_found',
    'pvc_not_bound',
    'pvc_terminating',
    'wrong_driver',
    'thick_device_class',
    'snapshot_crd_missing',
    'snapshot_class_not_found',
    'snapshot_class_wrong_driver',
    'pool_headroom_missing',
    'workload_not_found',
    'workload_conflict',
    'workload_not_recreatable',
    'workload_not_gone',
    'manifest_too_large',
    'freeze_unsupported',
    'freeze_failed',
    'hook_failed',
    'pool_unhealthy',
    'guard_unavailable',
    'snapshot_not_ready',
    'snapshot_controller_absent',
    'mover_unknown',
    'cancelled',
    'deadline_exceeded',
  ],
  outcomes: ['snapshot.ready', 'snapshot.failed', 'command.completed', 'command.rejected'],
  example: {
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    policy: {
      quiesce: { level: 'cold', workload: { kind: 'Deployment', name: 'orders' } },
      movers: ['copy', 'restic'],
      verify: ['snapshot', 'backup'],
    },
    idempotencyKey: 'orders-2026-11-23',
    requestedBy: 'nightly',
    reason: 'before the update',
  },
});

export const GroupCreate = defineCommand({
  name: 'group.create',
  summary:
    'Make restore points of several volumes of one application in one quiesce window, with one group id: all of them or none.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    namespace: VolumeReference.shape.namespace,
    persistentVolumeClaims: z
      .array(ObjectName)
      .min(1)
      .max(16)
      .refine((claims) => new Set(claims).size === claims.length, 'must name each claim once'),
    policy: CommandPolicy,
    ...whoAndWhy,
  }),
  errors: SnapshotCreate.errors,
  outcomes: ['group.ready', 'group.failed', 'command.completed', 'command.rejected'],
  example: {
    namespace: 'shop',
    persistentVolumeClaims: ['orders', 'invoices'],
    policy: {
      quiesce: { level: 'frozen', workload: { kind: 'StatefulSet', name: 'shop' } },
      movers: ['restic'],
    },
    idempotencyKey: 'shop-2026-11-23',
  },
});

export const SnapshotCancel = defineCommand({
  name: 'snapshot.cancel',
  summary:
    'Stop making a restore point, and the others of its group: the workload is put back and what was made is removed. With a target claim: stop its restore.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    restorePointId: RestorePointId,
    targetClaim: ObjectName.optional().describe(
      'stop the restore into this claim, and leave the restore point as it is',
    ),
    ...whoAndWhy,
  }),
  errors: ['snapshot_not_found'],
  outcomes: ['snapshot.failed', 'volume.restore-failed', 'volume.restored', 'command.completed', 'command.rejected'],
  example: { restorePointId: exampleId },
});

export const SnapshotBackup = defineCommand({
  name: 'snapshot.backup',
  summary: 'Back up an existing restore point with one more mover, or again after a failure.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({ restorePointId: RestorePointId, mover: MoverName, verify: z.boolean().default(true), ...whoAndWhy }),
  errors: [
    'snapshot_not_found',
    'mover_unknown',
    'destination_unavailable',
    'mover_failed',
    'source_unreadable',
    'empty_volume',
  ],
  outcomes: ['backup.completed', 'backup.failed', 'command.completed', 'command.rejected'],
  example: { restorePointId: exampleId, mover: 'restic' },
});

export const SnapshotVerify = defineCommand({
  name: 'snapshot.verify',
  summary: 'Prove a restore point again: restore the snapshot or one of its backups and compare.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    restorePointId: RestorePointId,
    level: VerifyLevel,
    mover: MoverName.optional().describe('which backup; needed for level `backup` where there is more than one'),
    assertion: CommandAssertion.optional(),
    ...whoAndWhy,
  }),
  errors: [
    'snapshot_not_found',
    'backup_not_found',
    'verification_failed',
    'assertion_failed',
    'restore_not_bound',
    'consumer_not_ready',
  ],
  outcomes: ['restore.verified', 'restore.failed', 'command.completed', 'command.rejected'],
  example: { restorePointId: exampleId, level: 'snapshot' },
});

export const SnapshotRestore = defineCommand({
  name: 'snapshot.restore',
  summary: 'Restore the snapshot of a restore point into a new PersistentVolumeClaim of the same namespace.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    restorePointId: RestorePointId,
    targetClaim: ObjectName.describe('name of the new PersistentVolumeClaim; it must not exist'),
    sizeBytes: Bytes.optional().describe('larger than the snapshot: the claim is expanded after the restore'),
    ...whoAndWhy,
  }),
  errors: [
    'snapshot_not_found',
    'target_exists',
    'restore_size_too_small',
    'restore_not_bound',
    'consumer_not_ready',
    'pool_headroom_missing',
    'cancelled',
  ],
  outcomes: ['volume.restored', 'volume.restore-failed', 'command.completed', 'command.rejected'],
  example: { restorePointId: exampleId, targetClaim: 'orders-restored' },
});

export const SnapshotDelete = defineCommand({
  name: 'snapshot.delete',
  summary: 'Delete a restore point: the VolumeSnapshot and its data, and the backups where that is asked for.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    restorePointId: RestorePointId,
    deleteBackups: z.boolean().default(false),
    purge: z.boolean().default(false).describe('under deletionPolicy Retain: delete the content and free the pool too'),
    releaseFinalizers: z
      .boolean()
      .default(false)
      .describe(
        'if the VolumeSnapshot will not go: take its finalizers off, with proof that nothing refers to it; only after a deletion before this one has ended as `snapshot_delete_pending`, which names them',
      ),
    allowLastGoodCopy: z
      .boolean()
      .default(false)
      .describe(
        'needed to delete the last verified restore point of a volume; a claim that was made again under its name is another volume',
      ),
    ...whoAndWhy,
  }),
  errors: ['snapshot_not_found', 'snapshot_in_use', 'snapshot_delete_pending', 'last_good_copy', 'not_ours'],
  outcomes: ['snapshot.deleted', 'snapshot.delete-failed', 'command.completed', 'command.rejected'],
  example: { restorePointId: exampleId },
});

export const OrphanPurge = defineCommand({
  name: 'orphan.purge',
  summary:
    'Remove one orphan that is ours and has been in quarantine long enough, after a fresh proof that nothing refers to it.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    orphanId: OrphanId,
    dryRun: z.boolean().default(false).describe('only tell the proof; needs no quarantine'),
    releaseFinalizers: z
      .boolean()
      .default(false)
      .describe(
        'if a VolumeSnapshot will not go: take its finalizers off, with proof that nothing refers to it; only after a purge or deletion before this one has ended as `snapshot_delete_pending`, which names them',
      ),
    ...whoAndWhy,
  }),
  errors: [
    'orphan_not_found',
    'orphan_in_quarantine',
    'orphan_not_purgeable',
    'not_ours',
    'snapshot_in_use',
    'snapshot_delete_pending',
    'volume_in_use',
    'volume_replaced',
  ],
  outcomes: ['orphan.purged', 'orphan.examined', 'orphan.purge-failed', 'command.completed', 'command.rejected'],
  example: { orphanId: orphanExample.orphanId, dryRun: true },
});
