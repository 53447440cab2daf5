import {
  CommandCompleted,
  type EventDefinition,
  OperationId,
  RestorePointId,
  SnapshotFailed,
  SnapshotReady,
  VolumeRestored,
  VolumeRestoreFailed,
} from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { belongsTo, failureIn, outcomesOf } from './command-outcome.js';
import type { SnapfleetEvent } from './message-types.js';
import type { CommandHandle } from './send-command.js';

const operationId = '298e19f3-8787-542b-9be2-c33f196acfcb';
const restorePointId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const handle: CommandHandle = {
  command: 'snapshot.backup',
  commandId: 'c-1',
  operationId: OperationId.parse(operationId),
  restorePointId: RestorePointId.parse(restorePointId),
  restorePointIds: [RestorePointId.parse(restorePointId)],
  eventsAfter: 0,
};

const eventOf = (definition: EventDefinition, envelope: object, data: object = {}): SnapfleetEvent =>
  ({
    name: definition.name,
    data: { ...(definition.example as object), ...data },
    message: envelope,
  }) as unknown as SnapfleetEvent;

describe('an event belongs to a command', () => {
  test.each([
    ['of the same operation', { workflowid: operationId }, true],
    ['that the command caused', { causationid: 'c-1', workflowid: 'other' }, true],
    ['of another operation', { workflowid: 'other', causationid: 'c-2' }, false],
    ['of no operation', {}, false],
    ['of the operation that made its restore point', { workflowid: restorePointId }, false],
  ])('%s: %o is %s', (_title, envelope, belongs) => {
    expect(belongsTo(eventOf(SnapshotReady, envelope), handle)).toBe(belongs);
  });

  test('the answer to a message belongs to that message only, although the operation is the same', () => {
    const answer = (commandId: string) => eventOf(CommandCompleted, { workflowid: operationId }, { commandId });
    expect(belongsTo(answer('c-1'), handle)).toBe(true);
    expect(belongsTo(answer('c-2'), handle)).toBe(false);
  });

  test('what becomes of the snapshot belongs to the command that cancels it', () => {
    const cancel = { ...handle, command: 'snapshot.cancel' as const };
    expect(belongsTo(eventOf(SnapshotFailed, { workflowid: restorePointId }), cancel)).toBe(true);
    // Of a group, the operation has another id than its restore points.
    expect(belongsTo(eventOf(SnapshotFailed, { workflowid: 'other' }), cancel)).toBe(true);
    const other = eventOf(SnapshotFailed, { workflowid: restorePointId }, { restorePointId: operationId });
    expect(belongsTo(other, cancel)).toBe(false);
  });
});

test('of a cancelled restore, what becomes of its claim belongs to the cancel and nothing else does', () => {
  const cancel = { ...handle, command: 'snapshot.cancel' as const, targetClaim: 'orders-restored' };
  const ended = (data: object) => belongsTo(eventOf(VolumeRestoreFailed, { workflowid: 'other' }, data), cancel);
  expect(ended({})).toBe(true);
  expect(ended({ targetClaim: 'another' })).toBe(false);
  expect(ended({ restorePointId: operationId })).toBe(false);
  expect(belongsTo(eventOf(VolumeRestored, { workflowid: 'other' }), cancel)).toBe(true);
  expect(belongsTo(eventOf(SnapshotFailed, { workflowid: restorePointId }), cancel)).toBe(false);
  const plain = { ...cancel, targetClaim: undefined };
  expect(belongsTo(eventOf(VolumeRestoreFailed, { workflowid: 'other' }), plain as never)).toBe(false);
});

test('that a cancelled restore failed is what its canceller wants, but not that its claim could not be removed', () => {
  const error = (code: string) => ({ error: { ...SnapshotFailed.example.error, code } });
  expect(failureIn(eventOf(VolumeRestoreFailed, {}, error('cancelled')), 'snapshot.cancel')).toBeUndefined();
  const stays = eventOf(VolumeRestoreFailed, {}, error('deadline_exceeded'));
  expect(failureIn(stays, 'snapshot.cancel')).toMatchObject({ code: 'deadline_exceeded' });
});

test('an event with an error is a failure, except for who wanted it', () => {
  const failed = eventOf(SnapshotFailed, {});
  expect(failureIn(failed, 'snapshot.create')).toMatchObject({ code: 'snapshot_not_ready', event: failed });
  expect(failureIn(failed, 'snapshot.cancel')).toBeUndefined();
  expect(failureIn(eventOf(SnapshotReady, {}), 'snapshot.create')).toBeUndefined();
});

test('the outcomes of a command are those of its contract', () => {
  expect(outcomesOf('snapshot.delete')).toContain('snapshot.deleted');
});
