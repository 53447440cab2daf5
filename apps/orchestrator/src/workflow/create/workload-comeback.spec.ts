import { ObjectUid, SnapshotReady, WorkloadResume, type ReplyOf } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import type { Cut } from './create-state.js';
import { comeback, stayedAwayFor } from './workload-comeback.js';

type Reply = ReplyOf<typeof WorkloadResume>;

const { snapshot } = SnapshotReady.data.parse(SnapshotReady.example);
const other = { ...snapshot, volumeSnapshotUid: ObjectUid.parse('of-another-claim') };
const cut: Cut = { kind: 'ready', snapshots: [snapshot] };
const cutOfGroup: Cut = { kind: 'ready', snapshots: [snapshot, other] };
const resumedAt = '2026-11-23T10:01:00Z';
const at = '2026-11-23T10:00:40Z';
const reply = (more: object): Reply => WorkloadResume.reply.parse({ resumedAt, ...more });
const broughtBack = (...readySnapshots: string[]) => ({ by: 'dead-man-timer', at, readySnapshots });

test('a workload that its operation put back, and nobody else touched, had stayed away', () => {
  expect(stayedAwayFor(cut, reply({ replicas: 1 }))).toBe(true);
});

test.each([
  ['somebody changed', { conflict: 'it was scaled to 5' }],
  ['the guard does not answer for', { unproven: 'no answer' }],
  ['the dead-man timer brought back before this snapshot was ready', { broughtBack: broughtBack('another') }],
])('a workload that %s is not proven to have stayed away', (_what, more) => {
  expect(stayedAwayFor(cut, reply(more))).toBe(false);
});

test('a snapshot that was ready before the dead-man timer fired was cut while the workload was away', () => {
  const told = reply({ broughtBack: broughtBack('another', snapshot.volumeSnapshotUid) });
  expect(stayedAwayFor(cut, told)).toBe(true);
  expect(stayedAwayFor(cut, { ...told, conflict: 'it was scaled to 5' })).toBe(false);
  expect(stayedAwayFor(cutOfGroup, told)).toBe(false);
});

test('events repeat who brought it back and when, without the list of snapshots', () => {
  expect(comeback(reply({ broughtBack: broughtBack('another'), unproven: 'why' }))).toEqual({
    broughtBack: { by: 'dead-man-timer', at },
    unproven: 'why',
  });
  expect(comeback(reply({}))).toEqual({});
});
