import { RestorePoint, SnapshotReady } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { begunOperationWith } from '../../testing/samples.js';
import { afterResume } from './create-return.js';
import { CreateState, type CreateStateIn } from './create-state.js';
import { endedAt, hooksReply, pods } from './replies-under-test.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const since = '2026-11-23T10:00:30Z';
const hour = 3_600_000;
const { restorePointId, namespace, persistentVolumeClaim, claim, snapshot } = ready;
const about = { restorePointId, namespace, persistentVolumeClaim, claim, snapshot };
const records = { backups: [], verifications: [], policy: {} };
const point = RestorePoint.parse({ ...about, ...records, phase: 'snapshot-ready', requestedAt: since });
const operation = begunOperationWith();
const named = { kind: 'Deployment', name: 'orders' };
const quiesced = {
  cold: { workload: { ...named, uid: claim.uid, replicas: 3 } },
  hooks: { workload: named, pods, failures: [] },
  frozen: { workload: named, pods },
} as const;

function resuming(level: keyof typeof quiesced): CreateStateIn<'resuming'> {
  const cut = { kind: 'ready', snapshots: [snapshot] };
  const state = { phase: 'resuming', quiesced: { level, since, ...quiesced[level] }, cut, attempt: 1 };
  const parsed = CreateState.parse(state);
  if (parsed.phase !== 'resuming') throw new Error(parsed.phase);
  return parsed;
}

/** What `workload.resumed` and the restore point say of the time that the workload was away. */
function downtimes(level: keyof typeof quiesced, reply: object): unknown[] {
  const context = { operation, restorePoints: [point] as const, allRestorePoints: () => [], now: new Date(endedAt) };
  const { events, restorePoints } = afterResume(resuming(level), { kind: 'done', result: reply }, context);
  return [events.find(({ definition }) => definition.name === 'workload.resumed')?.data, restorePoints[0]];
}

test.each([
  ['cold', (at: string) => ({ resumedAt: at, replicas: 3, downtimeMs: 8_120 })],
  ['hooks', (at: string) => ({ ...hooksReply, endedAt: at, downtimeMs: 8_120 })],
  ['frozen', (at: string) => ({ thawedAt: at, held: true, frozenMs: 8_120 })],
] as const)('the downtime is told as it was counted, wherever the clock was set meanwhile: %s', (level, replyAt) => {
  for (const jumpMs of [-6 * hour, 0, 6 * hour]) {
    const reply = replyAt(new Date(Date.parse(since) + jumpMs).toISOString());
    const told = { downtimeMs: 8_120, downtimeClock: 'boot' };
    expect(downtimes(level, reply)).toMatchObject([told, told]);
  }
});

test('where nobody has counted it, it is told that the clock of the device was compared', () => {
  const told = { downtimeMs: 30_000, downtimeClock: 'wall' };
  expect(downtimes('cold', { resumedAt: endedAt, replicas: 3 })).toMatchObject([told, told]);
});
