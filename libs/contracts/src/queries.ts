import { z } from 'zod';
import { defineQuery } from './definition.js';
import { Namespace, ObjectName, RestorePointId } from './identifiers.js';
import { Orphan, OrphanRecord } from './orphan.js';
import { RestorePoint } from './restore-point.js';
import { ErrorDetail } from './snapfleet-error.js';
import { CommandPolicy } from './snapshot-policy.js';

export const SnapshotList = defineQuery({
  name: 'snapshot.list',
  summary: 'The restore points of the device, the newest first.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    namespace: Namespace.optional(),
    persistentVolumeClaim: ObjectName.optional(),
    includeDeleted: z.boolean().default(false),
    limit: z.number().int().min(1).max(100).default(50),
  }),
  reply: z.object({ restorePoints: z.array(RestorePoint) }),
  errors: [],
  example: { namespace: 'shop' },
});

export const SnapshotShow = defineQuery({
  name: 'snapshot.show',
  summary: 'One restore point with its backups and verdicts.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({ restorePointId: RestorePointId }),
  reply: z.object({ restorePoint: RestorePoint }),
  errors: ['snapshot_not_found'],
  example: { restorePointId: '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87' },
});

export const DeviceDoctor = defineQuery({
  name: 'device.doctor',
  summary:
    'Whether the services of the device answer and, for a claim, whether a snapshot would be possible; with the reason and the remedy.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    namespace: Namespace.optional(),
    persistentVolumeClaim: ObjectName.optional(),
    policy: CommandPolicy,
  }),
  reply: z.object({
    checks: z.array(
      z.object({
        check: z.string().max(128),
        passed: z.boolean(),
        note: z.string().max(2048),
        error: ErrorDetail.optional(),
      }),
    ),
  }),
  errors: [],
  example: { namespace: 'shop', persistentVolumeClaim: 'orders' },
});

export const OrphanList = defineQuery({
  name: 'orphan.list',
  summary: 'What is left over on the device, as the last scan saw it: ours first, the largest first.',
  from: ['client'],
  to: ['orchestrator'],
  data: z.object({
    scan: z.boolean().default(false).describe('look again before answering, which takes seconds'),
    owner: Orphan.shape.owner.optional(),
    limit: z.number().int().min(1).max(100).default(100),
  }),
  reply: z.object({
    scannedAt: z.iso.datetime({ offset: true }).optional().describe('the last scan that succeeded'),
    problem: ErrorDetail.optional().describe('why the last scan did not succeed'),
    orphans: z.array(OrphanRecord),
    total: z.number().int().nonnegative().describe('how many there are; more than are listed where they do not fit'),
  }),
  errors: [],
  example: { scan: true },
});
