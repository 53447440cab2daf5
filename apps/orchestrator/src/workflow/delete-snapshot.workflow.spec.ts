import {
  createMessage,
  type AgentCommandDefinition,
  RestorePoint,
  SnapfleetError,
  SnapshotDelete,
  SnapshotReady,
} from '@snapfleet/contracts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import { isGood } from '../catalogue/last-good-copy.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { OperationRunner } from '../operations/operation-runner.js';
import { device, orchestratorParts } from '../testing/orchestrator-parts.js';
import { operationWith } from '../testing/samples.js';

const { restorePointId: id, claim, snapshot } = SnapshotReady.data.parse(SnapshotReady.example);
const at = '2026-11-23T10:00:00Z';
const backupOf = (mover: string) => ({
  mover,
  state: 'completed',
  reference: { mover, destination: 'default', location: `shop/orders/${mover}` },
});
const proofOf = (mover: string) => ({ level: 'backup', mover, state: 'verified', verifiedAt: at });
const proven = {
  phase: 'verified-remote',
  backups: [backupOf('copy'), backupOf('restic')],
  verifications: [{ level: 'snapshot', state: 'verified', verifiedAt: at }, proofOf('copy'), proofOf('restic')],
};
const error = (code: 'snapshot_in_use' | 'not_ours' | 'snapshot_delete_pending' | 'destination_unavailable') =>
  Promise.reject(new SnapfleetError(code, code));

let operations: OperationStore;
let restorePoints: RestorePointStore;
let outbox: Outbox;
let runner: OperationRunner;
let accept: AcceptCommandUseCase;
let calls: { name: string; data: Record<string, unknown> }[];
let removeSnapshot: () => unknown;
let removeBackup: (location: string) => unknown;

const save = (change: object = {}): void => {
  const facts = { restorePointId: id, namespace: 'shop', persistentVolumeClaim: 'orders', policy: {}, requestedAt: at };
  restorePoints.save(RestorePoint.parse({ ...facts, claim, snapshot, ...proven, ...change }));
};
const point = () => restorePoints.find(id);

function answer({ name }: AgentCommandDefinition, data: unknown): Promise<unknown> {
  const asked = data as Record<string, unknown> & { backup?: { location: string } };
  calls.push({ name, data: asked });
  return Promise.resolve(name === 'backup.remove' ? removeBackup(asked.backup?.location ?? '') : removeSnapshot());
}

beforeEach(() => {
  [calls, removeSnapshot, removeBackup] = [[], () => ({ freed: true }), () => ({})];
  const parts = orchestratorParts(new Journal(':memory:'), answer);
  ({ operations, restorePoints, outbox } = parts);
  runner = new OperationRunner(parts);
  accept = new AcceptCommandUseCase({ ...parts, runner });
  save();
});

/** Sends a deletion and gives the event that ends it. */
async function remove(more: object = {}) {
  const before = outbox.waiting(100).length;
  const data = { restorePointId: id, allowLastGoodCopy: true, ...more };
  accept.delete(createMessage(SnapshotDelete, data, { device, publisher: 'client' }));
  return nextEvent(before);
}

const nextEvent = (before: number) =>
  vi.waitFor(() => {
    const told = outbox.waiting(100).slice(before);
    expect(told).toHaveLength(1);
    return told[0];
  });

describe('a deletion with backups', () => {
  test('removes the VolumeSnapshot first, then each backup', async () => {
    expect(await remove({ deleteBackups: true })).toMatchObject({
      name: 'snapshot.deleted',
      data: { freed: true, backupsDeleted: ['copy', 'restic'], cause: 'command' },
    });
    expect(calls.map(({ name }) => name)).toEqual(['snapshot.remove', 'backup.remove', 'backup.remove']);
    expect(point()).toMatchObject({ phase: 'deleted', verifications: [] });
    expect(point()).not.toHaveProperty('snapshot');
  });

  test.each(['snapshot_in_use', 'not_ours'] as const)('touches nothing where it is refused with %s', async (code) => {
    const before = point();
    removeSnapshot = () => error(code);
    expect(await remove({ deleteBackups: true })).toMatchObject({
      name: 'snapshot.delete-failed',
      data: { error: { code }, snapshotDeleted: false, backupsDeleted: [] },
    });
    expect(calls.map(({ name }) => name)).toEqual(['snapshot.remove']);
    expect(point()).toEqual(before);
  });

  test('of a restore point that was never made leaves it failed where it is refused', async () => {
    save({ phase: 'failed', backups: [], verifications: [] });
    removeSnapshot = () => error('not_ours');
    await remove();
    expect(point()?.phase).toBe('failed');
  });

  test('that is refused has the phase of what is known by then, not of before', async () => {
    removeSnapshot = () => {
      const refuted = [{ level: 'snapshot', state: 'verified', verifiedAt: at }];
      save({ phase: 'deleting', verifications: [...refuted, { level: 'backup', mover: 'copy', state: 'failed' }] });
      return error('snapshot_in_use');
    };
    await remove({ deleteBackups: true });
    expect(point()?.phase).toBe('verified-local');
  });

  test('of a journal in which backups went first keeps no proof of one that is gone', async () => {
    save({ phase: 'deleting', verifications: [proofOf('copy')], backups: [backupOf('copy')] });
    const options = { deleteBackups: true, purge: false, releaseFinalizers: false, cause: 'command' };
    const state = { phase: 'removing-backup', mover: 'copy', ...options, formerPhase: 'verified-remote' };
    const operation = operationWith({ kind: 'delete', state });
    removeSnapshot = () => error('snapshot_in_use');
    operations.add(operation, new Date(at));
    runner.start();
    expect(await nextEvent(0)).toMatchObject({ data: { snapshotDeleted: false, backupsDeleted: ['copy'] } });
    expect(point()).toMatchObject({ phase: 'resumed', verifications: [] });
  });

  test('that cannot remove a backup says what is gone, counts as no copy, and can be asked for again', async () => {
    removeBackup = (location) => (location.endsWith('restic') ? error('destination_unavailable') : {});
    expect(await remove({ deleteBackups: true })).toMatchObject({
      name: 'snapshot.delete-failed',
      data: { error: { code: 'destination_unavailable' }, snapshotDeleted: true, backupsDeleted: ['copy'] },
    });
    expect(point()).toMatchObject({ phase: 'deleting', verifications: [{ mover: 'restic' }] });
    expect(point()).not.toHaveProperty('snapshot');
    expect([point()].flatMap((one) => one ?? []).some(isGood)).toBe(false);
    removeBackup = () => ({});
    expect(await remove({ deleteBackups: true })).toMatchObject({ name: 'snapshot.deleted' });
    expect(point()?.phase).toBe('deleted');
  });
});

describe('a deletion of the local snapshot', () => {
  test('keeps the backups with their proof, and not the proof of what is gone', async () => {
    expect(await remove()).toMatchObject({ name: 'snapshot.deleted', data: { backupsDeleted: [] } });
    expect(point()).toMatchObject({
      phase: 'verified-remote',
      verifications: [{ mover: 'copy' }, { mover: 'restic' }],
    });
    expect(point()).not.toHaveProperty('snapshot');
  });

  test('under Retain remembers what can still be purged', async () => {
    save({ backups: [], verifications: [] });
    removeSnapshot = () => ({ freed: false, retainedContentName: snapshot.volumeSnapshotContentName });
    expect(await remove()).toMatchObject({ data: { freed: false } });
    expect(point()).toMatchObject({ phase: 'deleted', snapshot });
    removeSnapshot = () => error('snapshot_in_use');
    await remove({ purge: true });
    expect(point()).toMatchObject({ phase: 'deleted', snapshot });
  });

  test('that was lost asks for what is left of it, by its uid, and forgets it', async () => {
    restorePoints.save(
      RestorePoint.parse({ ...point(), snapshot: undefined, lostSnapshot: { snapshot, noticedAt: at } }),
    );
    expect(await remove()).toMatchObject({ name: 'snapshot.deleted' });
    expect(calls).toMatchObject([{ data: { snapshot } }]);
    expect(point()).toMatchObject({ phase: 'verified-remote' });
    expect(point()).not.toHaveProperty('lostSnapshot');
  });

  test('stays a deletion while the VolumeSnapshot may still go', async () => {
    removeSnapshot = () => error('snapshot_delete_pending');
    expect(await remove()).toMatchObject({ name: 'snapshot.delete-failed', data: { snapshotDeleted: false } });
    expect(point()?.phase).toBe('deleting');
  });

  test('takes finalizers off only after another one has told that they hold it, and names them', async () => {
    removeSnapshot = () => error('snapshot_delete_pending');
    await remove({ releaseFinalizers: true });
    await remove();
    removeSnapshot = () => ({ freed: true, finalizersRemoved: ['bound-protection'] });
    expect(await remove({ releaseFinalizers: true })).toMatchObject({
      name: 'snapshot.deleted',
      data: { finalizersRemoved: ['bound-protection'] },
    });
    expect(calls.map(({ data }) => data['releaseFinalizers'])).toEqual([false, false, true]);
  });
});
