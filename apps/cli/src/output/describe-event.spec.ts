import { definitionOf, flow } from '@snapfleet/contracts';
import type { SnapfleetEvent } from '@snapfleet/client';
import { expect, test } from 'vitest';
import { describeEvent, toneOf } from './describe-event.js';

const eventOf = (name: string): SnapfleetEvent => {
  const definition = definitionOf('evt', name);
  return { name, data: definition?.data.parse(definition.example) } as SnapfleetEvent;
};

test.each(flow.filter(({ plane }) => plane === 'evt').map(({ name }) => name))('%s has words for people', (name) => {
  expect(describeEvent(eventOf(name))).not.toBe('');
});

test('what matters of an event is said', () => {
  expect(describeEvent(eventOf('workload.resumed'))).toBe('Deployment/orders is back after 8.1 s');
  const broughtBack = { by: 'dead-man-timer', at: '2026-11-23T10:00:40Z' };
  const resumed = eventOf('workload.resumed');
  expect(describeEvent({ ...resumed, data: { ...resumed.data, broughtBack } } as SnapfleetEvent)).toBe(
    'Deployment/orders is back after 8.1 s, brought back by the dead-man-timer',
  );
  const byClock = { ...resumed, data: { ...resumed.data, downtimeClock: 'wall' } } as SnapfleetEvent;
  expect(describeEvent(byClock)).toBe('Deployment/orders is back after 8.1 s by the clock of the device');
  expect(describeEvent(eventOf('backup.completed'))).toBe('copy: 10 files, 1.0 MiB in 1.2 s');
  expect(describeEvent(eventOf('restore.failed'))).toContain('backup copy: verification_failed');
});

test('what is gone of a restore point that could not be deleted is said, and finalizers that were taken off', () => {
  const failed = eventOf('snapshot.delete-failed');
  const partly = { ...failed.data, snapshotDeleted: true, backupsDeleted: ['copy'] };
  expect(describeEvent({ ...failed, data: partly } as SnapfleetEvent)).toMatch(
    /^snapshot_delete_pending: .*; the VolumeSnapshot is gone; the backup copy is gone$/,
  );
  const deleted = eventOf('snapshot.deleted');
  const released = { ...deleted.data, finalizersRemoved: ['bound-protection'] };
  expect(describeEvent({ ...deleted, data: released } as SnapfleetEvent)).toContain('taken off: bound-protection');
});

test('good and bad news have their tone', () => {
  expect(toneOf(eventOf('snapshot.ready'))).toBe('good');
  expect(toneOf(eventOf('snapshot.completed'))).toBe('good');
  expect(toneOf(eventOf('snapshot.failed'))).toBe('bad');
  expect(toneOf(eventOf('snapshot.lost'))).toBe('bad');
  expect(toneOf(eventOf('snapshot.requested'))).toBe('quiet');
});
