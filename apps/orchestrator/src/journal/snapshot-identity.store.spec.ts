import { ObjectUid, RestorePoint, RestorePointId, SnapshotReady, VolumeHandle } from '@snapfleet/contracts';
import { beforeEach, expect, test } from 'vitest';
import { Journal } from './journal.js';
import { RestorePointStore } from './restore-point.store.js';
import { SnapshotIdentityStore } from './snapshot-identity.store.js';

const id = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const otherId = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a88');
const volumeSnapshotUid = ObjectUid.parse('0e2c6f0e-3f7e-4a43-93a2-8c3d2c8f9d11');
const snapshotHandle = VolumeHandle.parse('6a4f7a1b-0f3e-4f0d-b7a1-4f8f8f9e2b10');

let journal: Journal;
let identities: SnapshotIdentityStore;
beforeEach(() => {
  journal = new Journal(':memory:');
  identities = new SnapshotIdentityStore(journal);
});

test('what becomes known later is added, and what was known stays', () => {
  identities.record(id, { volumeSnapshotUid });
  expect(identities.ownerOfSnapshot(volumeSnapshotUid)).toEqual({ restorePointId: id, deletionPolicy: undefined });
  expect(identities.ownerOfHandle(snapshotHandle)).toBeUndefined();
  identities.record(id, { volumeSnapshotUid, snapshotHandle });
  identities.record(id, { volumeSnapshotUid, deletionPolicy: 'Retain' });
  expect(identities.ownerOfHandle(snapshotHandle)).toEqual({ restorePointId: id, deletionPolicy: 'Retain' });
});

test('a uid never becomes that of another restore point', () => {
  identities.record(id, { volumeSnapshotUid });
  identities.record(otherId, { volumeSnapshotUid, snapshotHandle });
  expect(identities.ownerOfSnapshot(volumeSnapshotUid)?.restorePointId).toBe(id);
  expect(identities.ownerOfHandle(snapshotHandle)).toBeUndefined();
});

test('the identity of a snapshot is kept when its restore point forgets it', () => {
  const restorePoints = new RestorePointStore(journal);
  const { claim, snapshot } = SnapshotReady.example;
  const point = RestorePoint.parse({
    restorePointId: id,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    phase: 'resumed',
    claim,
    snapshot,
    backups: [],
    verifications: [],
    policy: {},
    requestedAt: '2026-11-23T10:00:00Z',
  });
  restorePoints.save(point);
  const { snapshot: _deleted, ...rest } = point;
  restorePoints.save({ ...rest, phase: 'deleted' });
  expect(identities.ownerOfHandle(snapshot.snapshotHandle)).toEqual({ restorePointId: id, deletionPolicy: 'Delete' });
});

test('a handle that is the volume itself is never taken for that of its snapshot', () => {
  const { claim, snapshot } = SnapshotReady.example;
  const mistaken = { ...snapshot, snapshotHandle: claim.volumeHandle };
  const facts = {
    restorePointId: id,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    phase: 'resumed',
    policy: {},
  };
  const rest = { backups: [], verifications: [], requestedAt: '2026-11-23T10:00:00Z' };
  new RestorePointStore(journal).save(RestorePoint.parse({ ...facts, claim, snapshot: mistaken, ...rest }));
  expect(identities.ownerOfHandle(claim.volumeHandle)).toBeUndefined();
});
