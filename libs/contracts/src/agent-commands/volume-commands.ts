import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { Bytes, ObjectName, ObjectUid, OperationId, RestorePointId, VolumeHandle } from '../identifiers.js';
import { BoundSnapshot, ClaimFacts, VolumeReference } from '../restore-point.js';
import { Assertion } from '../snapshot-policy.js';
import { SnapshotReady } from '../events/snapshot-events.js';

const ready = SnapshotReady.example;
const operationId = ready.restorePointId;

export const VolumeRestore = defineAgentCommand({
  name: 'volume.restore',
  summary:
    'Restore a VolumeSnapshot into a claim of exactly its size, with a Pod that uses it, run the assertion, remove the Pod, expand if asked.',
  from: ['orchestrator', 'restore-verifier'],
  to: ['cluster-operator'],
  data: z.object({
    operationId: OperationId,
    restorePointId: RestorePointId,
    ...VolumeReference.shape,
    targetClaim: ObjectName,
    purpose: z
      .enum(['user', 'scratch'])
      .describe('a scratch claim may be removed by volume.remove; a user claim never'),
    claim: ClaimFacts,
    snapshot: BoundSnapshot,
    sizeBytes: Bytes.optional(),
    assertion: Assertion.optional(),
    deadlineSeconds: z.number().int().positive(),
  }),
  reply: z.object({
    claimUid: ObjectUid,
    volumeHandle: VolumeHandle,
    sizeBytes: Bytes,
    assertion: z.object({ exitCode: z.number().int(), message: z.string().max(4096) }).optional(),
  }),
  errors: [
    'target_exists',
    'restore_size_too_small',
    'restore_not_bound',
    'consumer_not_ready',
    'snapshot_not_found',
    'not_ours',
    'invalid_message',
    'deadline_exceeded',
    'operation_superseded',
  ],
  example: {
    operationId,
    restorePointId: operationId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    targetClaim: 'orders-restored',
    purpose: 'user',
    claim: ready.claim,
    snapshot: ready.snapshot,
    deadlineSeconds: 300,
  },
});

export const VolumeRemove = defineAgentCommand({
  name: 'volume.remove',
  summary: 'Delete a scratch claim that volume.restore made, with its Pod, and wait until the volume is gone.',
  from: ['orchestrator', 'restore-verifier'],
  to: ['cluster-operator'],
  data: z.object({
    operationId: OperationId,
    namespace: VolumeReference.shape.namespace,
    targetClaim: ObjectName,
    deadlineSeconds: z.number().int().positive(),
  }),
  reply: z.object({ removed: z.boolean().describe('false: it was not there any more') }),
  errors: ['not_ours', 'deadline_exceeded'],
  example: { operationId, namespace: 'shop', targetClaim: 'snapfleet-verify-5b0a4c3e', deadlineSeconds: 300 },
});

export const VolumeAbandon = defineAgentCommand({
  name: 'volume.abandon',
  summary:
    'End a volume.restore that was cancelled and remove what it has made; one that comes later is refused. A claim that is restored or in use stays.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    operationId: OperationId.describe('of the restore'),
    restorePointId: RestorePointId,
    namespace: VolumeReference.shape.namespace,
    targetClaim: ObjectName,
    snapshot: BoundSnapshot,
    deadlineSeconds: z.number().int().positive(),
  }),
  reply: z.object({ stays: z.string().max(1024).optional().describe('why the claim stays; absent: it is not there') }),
  errors: ['target_exists', 'deadline_exceeded'],
  example: {
    operationId,
    restorePointId: operationId,
    namespace: 'shop',
    targetClaim: 'orders-restored',
    snapshot: ready.snapshot,
    deadlineSeconds: 300,
  },
});
