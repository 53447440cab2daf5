import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { RestorePointId } from '../identifiers.js';
import { BackupReference, VolumeReference } from '../restore-point.js';
import { BackupCompleted } from '../events/backup-events.js';
import { SnapshotReady } from '../events/snapshot-events.js';

const ready = SnapshotReady.example;
const operationId = ready.restorePointId;

export const BackupRemove = defineAgentCommand({
  name: 'backup.remove',
  summary: 'Delete one backup at its destination.',
  from: ['orchestrator'],
  to: ['backup-worker'],
  data: z.object({ restorePointId: RestorePointId, ...VolumeReference.shape, backup: BackupReference }),
  reply: z.object({ removed: z.boolean() }),
  errors: ['mover_unknown', 'mover_failed', 'destination_unavailable'],
  example: {
    restorePointId: operationId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    backup: BackupCompleted.example.backup,
  },
});
