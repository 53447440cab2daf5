import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { BroughtBack, DowntimeClock } from '../restore-point.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { Workload } from '../snapshot-policy.js';
import { AboutRestorePoint, example } from './about-restore-point.js';

const duration = z.number().int().nonnegative();

export const WorkloadQuiesced = defineEvent({
  name: 'workload.quiesced',
  summary:
    'The workload does not write: scaled to 0 or its Pod deleted and every Pod that used the volume gone, or frozen, or made ready by its hooks.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    workload: Workload,
    level: z.enum(['cold', 'frozen', 'hooks']).default('cold'),
    originalReplicas: z.number().int().nonnegative().optional(),
  }),
  example: { ...example.where, workload: { kind: 'Deployment', name: 'orders' }, originalReplicas: 1 },
});

export const WorkloadResumed = defineEvent({
  name: 'workload.resumed',
  summary: 'The workload is back as it was: the exact replicas, or the Pod; or it goes on after a freeze or its hooks.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    workload: Workload,
    replicas: z.number().int().nonnegative().optional(),
    downtimeMs: duration.describe(
      'from the moment before it was scaled, or its Pod deleted, to the moment after it was scaled back, or its Pod made again; that its Pods are ready is not waited for. With `frozen` how long its writers were stopped, with `hooks` from before the first hook to after the last one',
    ),
    downtimeClock: DowntimeClock,
    conflict: z.string().max(1024).optional().describe('what somebody else changed meanwhile, and was left in place'),
    broughtBack: BroughtBack.optional(),
    unproven: z.string().max(1024).optional().describe('why it is not known whether the workload stayed away'),
  }),
  example: { ...example.where, workload: { kind: 'Deployment', name: 'orders' }, replicas: 1, downtimeMs: 8120 },
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
  example: { ...example.where, workload: { kind: 'Deployment', name: 'orders' }, attempt: 3, error: example.error },
});
