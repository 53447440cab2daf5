import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { Bytes, OperationId, PodUid, VolumeHandle } from '../identifiers.js';
import { SnapshotReady } from '../events/snapshot-events.js';
import { longestFreezeSeconds } from '../snapshot-policy.js';

const ready = SnapshotReady.example;
const operationId = ready.restorePointId;
const time = z.iso.datetime({ offset: true });

/** A thin logical volume as `lvs` reports it. */
export const LogicalVolumeFacts = z.object({
  volumeGroup: z.string().max(128),
  logicalVolume: z.string().max(128),
  lvUuid: z.string().max(64),
  path: z.string().max(512),
  pool: z.string().max(128),
  origin: z.string().max(128).describe('empty where the origin is gone; that means nothing'),
  sizeBytes: Bytes,
  mappedPercent: z.number().min(0).max(100).optional().describe('absent while it is inactive: then LVM does not know'),
  access: z.enum(['read-only', 'read-write']),
  active: z.boolean(),
});
export type LogicalVolumeFacts = z.infer<typeof LogicalVolumeFacts>;

export const VolumeLocate = defineAgentCommand({
  name: 'volume.locate',
  summary: 'Find the logical volume behind a CSI handle and tell what lvs says of it.',
  from: ['orchestrator', 'backup-worker', 'restore-verifier'],
  to: ['host-lvm'],
  data: z.object({ volumeHandle: VolumeHandle }),
  reply: LogicalVolumeFacts,
  errors: ['volume_not_found', 'volume_ambiguous', 'volume_not_thin', 'lvm_failed'],
  example: { volumeHandle: ready.snapshot.snapshotHandle },
});

export const VolumeExpose = defineAgentCommand({
  name: 'volume.expose',
  summary:
    'Make the data of a logical volume readable: activate it and mount it read-only in a namespace of its own, as a lease with an end.',
  from: ['backup-worker', 'restore-verifier'],
  to: ['host-lvm'],
  data: z.object({
    volumeHandle: VolumeHandle,
    volumeMode: z.enum(['Filesystem', 'Block']),
    leaseKey: z
      .string()
      .regex(/^[a-z0-9-]{1,128}$/)
      .describe('the same key gives the same lease'),
    leaseSeconds: z.number().int().min(5).max(86_400),
  }),
  reply: z.object({
    leaseId: z.string().max(128),
    path: z
      .string()
      .max(512)
      .describe('directory, or device for volumeMode Block, that the reader may open while the lease lasts'),
    expiresAt: time,
    filesystem: z.enum(['xfs', 'ext4']).optional(),
    mountOptions: z.array(z.string().max(64)),
    cleanLog: z
      .boolean()
      .describe(
        'false: it could be mounted only without its log; always so of an XFS that was mounted when its snapshot was cut',
      ),
    logicalVolume: LogicalVolumeFacts,
  }),
  errors: [
    'volume_not_found',
    'volume_ambiguous',
    'volume_not_thin',
    'filesystem_unsupported',
    'mount_failed',
    'lvm_failed',
  ],
  example: {
    volumeHandle: ready.snapshot.snapshotHandle,
    volumeMode: 'Filesystem',
    leaseKey: `backup-${operationId}`,
    leaseSeconds: 600,
  },
});

export const VolumeRenew = defineAgentCommand({
  name: 'volume.renew',
  summary: 'Move the end of a lease, and tell whether all of its filesystem could be read so far.',
  from: ['backup-worker', 'restore-verifier'],
  to: ['host-lvm'],
  data: z.object({
    leaseId: z.string().regex(/^[a-z0-9-]{1,128}$/),
    leaseSeconds: z.number().int().min(5).max(86_400),
  }),
  reply: z.object({
    expiresAt: time,
    damage: z
      .string()
      .max(1024)
      .optional()
      .describe('what the kernel said of an error in the filesystem since the lease began: not all of it was read'),
  }),
  errors: ['lease_not_found'],
  example: { leaseId: `backup-${operationId}`, leaseSeconds: 600 },
});

export const VolumeConceal = defineAgentCommand({
  name: 'volume.conceal',
  summary:
    'End a lease: unmount, and deactivate what the lease had activated. A lease that is gone already is a success.',
  from: ['backup-worker', 'restore-verifier'],
  to: ['host-lvm'],
  data: z.object({ leaseId: z.string().regex(/^[a-z0-9-]{1,128}$/) }),
  reply: z.object({ concealed: z.boolean().describe('false: there was no such lease any more') }),
  errors: ['mount_failed', 'lvm_failed'],
  example: { leaseId: `backup-${operationId}` },
});

/** One freeze: frozen again after it had ended, it is another one. */
const FreezeId = z.uuid();

export const WritersFreeze = defineAgentCommand({
  name: 'writers.freeze',
  summary:
    'Stop every process of these Pods by the cgroup freezer; a watchdog process lets them go on when the time is over, whatever else has ended.',
  from: ['orchestrator'],
  to: ['host-lvm'],
  data: z.object({
    operationId: OperationId,
    podUids: z.array(PodUid).min(1).max(64),
    maximumSeconds: z.number().int().min(1).max(longestFreezeSeconds),
  }),
  reply: z.object({ freezeId: FreezeId, frozenAt: time }),
  errors: ['freeze_unsupported', 'freeze_failed', 'operation_superseded'],
  example: { operationId, podUids: ['4b5b0a5e-1c55-4a4b-8f0f-0c6f1d7a9e10'], maximumSeconds: 5 },
});

export const WritersThaw = defineAgentCommand({
  name: 'writers.thaw',
  summary:
    'Let the processes go on, and tell whether they were stopped for the whole time. What is not frozen any more is a success.',
  from: ['orchestrator'],
  to: ['host-lvm'],
  data: z.object({
    operationId: OperationId,
    freezeId: FreezeId.optional().describe('absent: it is not known whether they were frozen'),
  }),
  reply: z.object({
    thawedAt: time,
    held: z.boolean().describe('every process was frozen by this very freeze, from its reply until now'),
    frozenMs: z.number().int().nonnegative().optional().describe('absent: they were not frozen by this host-lvm'),
    reason: z.string().max(1024).optional().describe('why it was not held'),
  }),
  errors: ['freeze_failed'],
  example: { operationId, freezeId: '9f0c2a51-2f0b-4f0e-8a51-0d8a4b3c7e60' },
});
