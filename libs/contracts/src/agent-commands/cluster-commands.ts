import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { maximumMessageBytes } from '../envelope.js';
import { FencingToken, ObjectName, ObjectUid, OperationId, PodUid } from '../identifiers.js';
import { BroughtBack, ClaimFacts, Notice, VolumeReference } from '../restore-point.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { Hook, MaximumDowntimeSeconds, Quiesce, Workload } from '../snapshot-policy.js';
import { SnapshotReady } from '../events/snapshot-events.js';
import { fencingToken } from './fencing-token-field.js';
import { EndedPods } from './quiet.js';

const operationId = SnapshotReady.example.restorePointId;
const time = z.iso.datetime({ offset: true });

/** Of how many bytes the manifest of a Pod is at most: `workload.quiesce` and `workload.resume` say more beside it. */
export const maximumManifestBytes = maximumMessageBytes - 16 * 1024;

/** A workload as it was before it was quiesced: enough to put it back exactly. */
export const SavedWorkload = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']),
    name: ObjectName,
    uid: ObjectUid,
    replicas: z.number().int().nonnegative(),
  }),
  z.object({
    kind: z.literal('Pod'),
    name: ObjectName,
    uid: ObjectUid,
    manifest: z.record(z.string(), z.unknown()).describe('the Pod without what the API server and the scheduler added'),
  }),
]);
export type SavedWorkload = z.infer<typeof SavedWorkload>;

/** A container as it ran: once it is started again it has another id (`<runtime>://` and 64 digits). */
const RunContainer = z.object({ name: ObjectName.max(63), id: z.string().min(1).max(128) });

/** A Pod that uses the claim, told apart from a later one of the same name. */
export const WritingPod = z.object({
  name: ObjectName,
  uid: PodUid,
  containers: z.array(RunContainer).max(8).optional().describe('in which hooks ran before the cut, as they were then'),
});
export type WritingPod = z.infer<typeof WritingPod>;

export const ClaimPreflight = defineAgentCommand({
  name: 'claim.preflight',
  summary: 'Check all that a snapshot of this claim needs, and read what has to be known before anything is changed.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    ...VolumeReference.shape,
    quiesce: Quiesce,
    volumeSnapshotClassName: ObjectName.optional(),
    fencingToken: FencingToken.optional().describe('of the operation: a noted one that is far above it is a finding'),
  }),
  reply: z.discriminatedUnion('passed', [
    z.object({
      passed: z.literal(true),
      claim: ClaimFacts,
      volumeSnapshotClassName: ObjectName,
      deletionPolicy: z.enum(['Delete', 'Retain']),
      workload: SavedWorkload.optional(),
      pods: z
        .array(WritingPod)
        .max(64)
        .default([])
        .describe('the running Pods that use the claim, where the level is `frozen` or `hooks`'),
      endedPodUids: EndedPods.default([]),
      notices: z.array(Notice).max(16).default([]),
      fencingToken: FencingToken.optional().describe(
        'the highest that is noted on the claim, the workload or its Pods: the operation needs a higher one',
      ),
    }),
    z.object({ passed: z.literal(false), findings: z.array(ErrorDetail).min(1) }),
  ]),
  errors: [],
  example: { namespace: 'shop', persistentVolumeClaim: 'orders', quiesce: { level: 'none' } },
});

export const WorkloadQuiesce = defineAgentCommand({
  name: 'workload.quiesce',
  summary:
    'Arm the dead-man timer, scale the workload to 0, or delete the Pod, and wait until every Pod that uses the claim is gone.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    operationId: OperationId,
    fencingToken,
    ...VolumeReference.shape,
    otherClaims: z.array(ObjectName).max(15).default([]).describe('of a group: nobody may use these either'),
    workload: SavedWorkload,
    deadlineSeconds: z.number().int().positive(),
    maximumDowntimeSeconds: MaximumDowntimeSeconds,
  }),
  reply: z.object({
    quiescedAt: time.describe('when nobody used the claim any more, by the clock of the device; for people'),
    generation: z.number().int().optional().describe('of the workload with its 0 replicas; a bare Pod has none'),
    endedPodUids: EndedPods.default([]),
  }),
  errors: [
    'guard_unavailable',
    'workload_not_found',
    'workload_conflict',
    'workload_not_recreatable',
    'workload_not_gone',
    'operation_superseded',
  ],
  example: {
    operationId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    deadlineSeconds: 300,
    workload: { kind: 'Deployment', name: 'orders', uid: 'd3b0a7de-9a6c-4a27-8ad3-1f2c9b1f7a11', replicas: 1 },
  },
});

/** How many snapshots are told as ready when the dead-man timer brought a workload back: the newest. */
export const mostReadySnapshots = 256;

/** What a reply says of the dead-man timer that its step has ended. */
const timerReply = {
  broughtBack: BroughtBack.extend({
    readySnapshots: z
      .array(ObjectUid)
      .max(mostReadySnapshots)
      .describe('uids of the VolumeSnapshots of the namespace that were ready before the workload came back'),
  })
    .optional()
    .describe('the dead-man timer was faster'),
  unproven: z.string().max(1024).optional().describe('why it is not known whether the workload stayed away until now'),
  downtimeMs: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe(
      'from the moment before the first effect until it was put back or let go on, counted by workload-guard by the time since the boot; absent: it could not, as over a boot or where it was away',
    ),
};

export const WorkloadResume = defineAgentCommand({
  name: 'workload.resume',
  summary:
    'Put the workload back as it was saved. A change that somebody else made meanwhile is left in place and reported.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({ operationId: OperationId, fencingToken, ...VolumeReference.shape, workload: SavedWorkload }),
  reply: z.object({
    resumedAt: time,
    replicas: z.number().int().nonnegative().optional(),
    conflict: z.string().max(1024).optional(),
    ...timerReply,
  }),
  errors: ['workload_not_gone'],
  example: {
    operationId,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    workload: WorkloadQuiesce.example.workload,
  },
});

export const WorkloadRunHooks = defineAgentCommand({
  name: 'workload.run-hooks',
  summary:
    'Run commands in these Pods, one after the other, each in every Pod. Run again, they run again: a hook has to bear that.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({
    operationId: OperationId,
    fencingToken,
    namespace: VolumeReference.shape.namespace,
    moment: z.enum(['before', 'after']).describe('after `after` has begun, `before` is refused'),
    pods: z.array(WritingPod).min(1).max(64),
    hooks: z.array(Hook).max(8),
    failedBefore: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe(
        'with `after`: how often it has failed; from the third refusal on it goes on without the note on the Pods',
      ),
    persistentVolumeClaims: z
      .array(ObjectName)
      .max(16)
      .default([])
      .describe('that are snapshotted: a Pod that uses one of them without being named is told'),
    timer: z
      .object({
        workload: Workload,
        maximumDowntimeSeconds: MaximumDowntimeSeconds,
        hooks: z.array(Hook).max(8).default([]).describe('with `before`: those of after the cut, which the timer runs'),
      })
      .optional()
      .describe('the dead-man timer: armed before the first hook of `before`, ended after the last one of `after`'),
  }),
  reply: z.object({
    endedAt: time,
    pods: z
      .array(WritingPod)
      .min(1)
      .max(64)
      .describe('those of the command; after `before` with the containers in which hooks ran, for `after` to compare'),
    failures: z
      .array(z.string().max(1024))
      .max(64)
      .describe('of hooks whose `onError` is `continue`; empty: all of them succeeded'),
    gone: z
      .array(WritingPod)
      .max(64)
      .describe(
        'Pods that are not there any more, or in which a container was started again that hooks had made ready',
      ),
    unhooked: z
      .array(ObjectName)
      .max(64)
      .describe('Pods that use a claim and in which no hook ran, because they came meanwhile'),
    ...timerReply,
  }),
  errors: ['guard_unavailable', 'hooks_unsupported', 'hook_failed', 'operation_superseded'],
  example: {
    operationId,
    namespace: 'shop',
    moment: 'before',
    pods: [{ name: 'orders-7d4b9c', uid: '4b5b0a5e-1c55-4a4b-8f0f-0c6f1d7a9e10' }],
    hooks: [{ command: ['/usr/bin/flush-and-lock'] }],
  },
});
