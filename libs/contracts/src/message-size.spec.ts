import { expect, test } from 'vitest';
import { maximumManifestBytes, WorkloadQuiesce, WorkloadResume, WorkloadRunHooks } from './agent-commands/index.js';
import { SnapshotCreate, SnapshotVerify } from './commands.js';
import type { MessageDefinition } from './definition.js';
import { jsonBytes, maximumMessageBytes } from './envelope.js';
import { SnapshotReady, VerificationRequested } from './events/index.js';
import { DeviceId } from './identifiers.js';
import { createMessage, encodeMessage } from './messages.js';
import { type Assertion, type Hook, maximumPolicyBytes, SnapshotPolicy } from './snapshot-policy.js';

const device = DeviceId.parse('d'.repeat(63));
const uid = '4b5b0a5e-1c55-4a4b-8f0f-0c6f1d7a9e10';
const name = 'n'.repeat(253);
const claims = Array.from({ length: 16 }, (_, n) => `${'c'.repeat(250)}${String(n)}`);
const long = { workflowId: 'w'.repeat(128), causationId: 'c'.repeat(128), replyTo: 'r'.repeat(256) };
const trace = { tracestate: 't'.repeat(512), traceparent: 'p'.repeat(55), subject: 's'.repeat(512) };

/** Encodes the message with as much beside its data as there may be. */
const encode = (definition: MessageDefinition, data: object): Uint8Array =>
  encodeMessage(createMessage(definition, data, { device, publisher: 'test', ...long, ...trace, expires: new Date() }));

const words = (bytes: number): string[] =>
  Array.from({ length: Math.ceil(bytes / 4096) }, (_, n) => 'ä'.repeat(Math.min(4096, bytes - n * 4096) / 2));

const { workload } = WorkloadQuiesce.example;
const hook = (bytes: number): Hook => ({ command: words(bytes), timeoutSeconds: 600, onError: 'continue' });

test('a message that no receiver would take is not made', () => {
  const manifest = { annotations: 'x'.repeat(maximumMessageBytes) };
  const data = { ...WorkloadResume.example, workload: { kind: 'Pod', name: 'orders', uid, manifest } };
  expect(() => encode(WorkloadResume, data)).toThrow(
    expect.objectContaining({ code: 'message_too_large', retryable: false }),
  );
});

test('the largest manifest that passes goes into the messages that carry it', () => {
  const manifest = { annotations: 'x'.repeat(maximumManifestBytes - 18) };
  expect(jsonBytes(manifest)).toBe(maximumManifestBytes);
  const pod = { kind: 'Pod', name, uid, manifest };
  const data = { ...WorkloadQuiesce.example, persistentVolumeClaim: name, otherClaims: claims.slice(1), workload: pod };
  expect(() => encode(WorkloadQuiesce, { ...data, maximumDowntimeSeconds: 900 })).not.toThrow();
  expect(() => encode(WorkloadResume, { ...WorkloadResume.example, workload: pod })).not.toThrow();
});

test('the longest hooks of a command go into what is sent to run them, with all Pods and their containers', () => {
  const policy = {
    quiesce: { level: 'hooks', workload: { kind: 'Deployment', name }, before: [hook(31_800)], after: [hook(32_000)] },
  };
  const { data } = createMessage(SnapshotCreate, { ...SnapshotCreate.example, policy } as never, {
    device,
    publisher: 'test',
  });
  expect(jsonBytes(data.policy)).toBeGreaterThan(maximumPolicyBytes - 2_000);
  const containers = Array.from({ length: 8 }, (_, n) => ({
    name: `${'c'.repeat(62)}${String(n)}`,
    id: 'i'.repeat(128),
  }));
  const pods = Array.from({ length: 64 }, () => ({ name, uid, containers }));
  const timer = { workload: { kind: 'Deployment', name }, maximumDowntimeSeconds: 900, hooks: [hook(32_000)] };
  const run = { ...WorkloadRunHooks.example, pods, hooks: [hook(31_800)], persistentVolumeClaims: claims, timer };
  expect(() => encode(WorkloadRunHooks, run)).not.toThrow();
});

test('the longest assertions of commands go into the events that repeat them', () => {
  const assertion: Assertion = { image: 'i', command: words(65_000), mountPath: '/data', timeoutSeconds: 300 };
  const bytes = jsonBytes(assertion);
  expect(bytes).toBeGreaterThan(maximumPolicyBytes - 1_000);
  const verify = { ...SnapshotVerify.example, assertion };
  expect(SnapshotVerify.data.safeParse(verify).success).toBe(true);
  const ready = { ...SnapshotReady.example, assertion };
  expect(() => encode(SnapshotReady, ready)).not.toThrow();
  expect(() => encode(VerificationRequested, { level: 'snapshot', ready, assertion })).not.toThrow();
});

test.each([
  ['hooks', { quiesce: { level: 'hooks', workload, before: [hook(40_000)], after: [hook(40_000)] } }],
  ['an assertion', { assertion: { image: 'i', command: words(70_000) } }],
])('a command whose policy is too large by %s is refused by its field', (_what, policy) => {
  const parsed = SnapshotCreate.data.safeParse({ ...SnapshotCreate.example, policy });
  expect(parsed.error?.issues).toMatchObject([
    { path: ['policy'], message: `must have at most ${String(maximumPolicyBytes)} bytes as JSON` },
  ]);
  // What an operation of before has in the journal is still read.
  expect(SnapshotPolicy.safeParse({ movers: [], ...policy }).success).toBe(true);
});
