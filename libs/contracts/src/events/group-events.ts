import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { ObjectName, OperationId, RestorePointId } from '../identifiers.js';
import { ConsistencyGrade, VolumeReference } from '../restore-point.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { example } from './about-restore-point.js';

/** What every event about a group begins with. */
const AboutGroup = z.object({
  groupId: OperationId,
  namespace: VolumeReference.shape.namespace,
  members: z
    .array(z.object({ restorePointId: RestorePointId, persistentVolumeClaim: ObjectName }))
    .min(1)
    .max(16),
});

const about = {
  groupId: example.id,
  namespace: example.where.namespace,
  members: [
    { restorePointId: example.id, persistentVolumeClaim: 'orders' },
    { restorePointId: '0d1f6a52-94c5-5c39-8f0e-6f8f6a3b1c22', persistentVolumeClaim: 'invoices' },
  ],
};

export const GroupReady = defineEvent({
  name: 'group.ready',
  summary: 'Every snapshot of the group is ready, cut in one window, and the workload back.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutGroup.shape, consistency: ConsistencyGrade }),
  example: { ...about, consistency: 'fs' },
});

export const GroupFailed = defineEvent({
  name: 'group.failed',
  summary: 'No restore point of the group was made; the workload is back and what had been made is removed.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutGroup.shape,
    phase: z.string().max(64).describe('how far it had come'),
    error: ErrorDetail,
  }),
  example: { ...about, phase: 'cutting', error: example.error },
});

export const GroupCompleted = defineEvent({
  name: 'group.completed',
  summary: 'All that the policy asked for has ended for every member of the group, well or not.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutGroup.shape, outcome: z.enum(['proven', 'incomplete']) }),
  example: { ...about, outcome: 'proven' },
});
