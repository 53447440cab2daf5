import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { SnapshotReady } from '../events/snapshot-events.js';
import { FencingToken, ObjectName, ObjectUid, RestorePointId } from '../identifiers.js';
import { BoundSnapshot, FinalizersRemoved, VolumeReference } from '../restore-point.js';
import { fencingToken } from './fencing-token-field.js';
import { Quiet } from './quiet.js';

const ready = SnapshotReady.example;
const { restorePointId } = ready;

export const SnapshotTake = defineAgentCommand({
  name: 'snapshot.take',
  summary:
    'Create the VolumeSnapshot and wait until it is ready and bound, then look who has used the claim; on failure it is removed again.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    restorePointId: RestorePointId,
    fencingToken,
    ...VolumeReference.shape,
    claimUid: ObjectUid,
    volumeSnapshotClassName: ObjectName,
    readyDeadlineSeconds: z.number().int().positive(),
    quiet: Quiet.optional().describe('absent: nothing keeps others from writing'),
  }),
  reply: BoundSnapshot.extend({
    disturbances: z
      .array(z.string().max(512))
      .max(16)
      .optional()
      .describe(
        'what may have written to the claim although it was to be quiet, looked at once the snapshot was ready; empty: nothing was found; absent: `quiet` was',
      ),
  }),
  errors: [
    'pvc_not_found',
    'pvc_changed',
    'pvc_terminating',
    'thick_device_class',
    'pool_headroom_missing',
    'snapshot_not_ready',
    'snapshot_controller_absent',
    'not_ours',
    'operation_superseded',
  ],
  example: {
    restorePointId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    claimUid: ready.claim.uid,
    volumeSnapshotClassName: 'topolvm-snapclass',
    readyDeadlineSeconds: 300,
  },
});

export const SnapshotRemove = defineAgentCommand({
  name: 'snapshot.remove',
  summary:
    'Delete the VolumeSnapshot of a restore point and wait until it is gone, under Delete and Retain; never what is not ours.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    restorePointId: RestorePointId,
    fencingToken: FencingToken.optional().describe(
      'of the operation that removes: from then on every take with one that is not higher is refused on this claim',
    ),
    ...VolumeReference.shape,
    snapshot: BoundSnapshot.optional(),
    purge: z.boolean(),
    releaseFinalizers: z.boolean().default(false),
    deadlineSeconds: z.number().int().positive(),
  }),
  reply: z.object({
    freed: z.boolean().describe('the VolumeSnapshotContent and its logical volume are gone too'),
    retainedContentName: ObjectName.optional(),
    finalizersRemoved: FinalizersRemoved,
  }),
  errors: ['snapshot_in_use', 'snapshot_delete_pending', 'not_ours'],
  example: {
    restorePointId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    snapshot: ready.snapshot,
    purge: false,
    deadlineSeconds: 300,
  },
});
