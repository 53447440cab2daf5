import type { InventoryEntry } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { learnIdentities } from './learn-identities.js';
import {
  catalogueOf,
  content,
  failed,
  handle,
  id,
  kept,
  logicalVolume,
  lostId,
  snapshot,
  uid,
  unrecorded,
  type Known,
} from './samples.js';

const learnt = (entry: InventoryEntry, known: Known = failed) => learnIdentities([entry], catalogueOf(known));

test('the uid is learnt from a VolumeSnapshot with all our marks', () => {
  expect(learnt(snapshot(), unrecorded)).toEqual([{ restorePointId: id, identity: { volumeSnapshotUid: uid } }]);
  for (const change of [{ persistentVolumeClaim: undefined }, { managed: false }, { restorePointId: lostId }]) {
    expect(learnt(snapshot(change), unrecorded)).toEqual([]);
  }
  expect(learnt(snapshot({ uid: 'another' }), { ...kept, volumeSnapshotUid: uid })).toEqual([]);
});

test('the handle is learnt from the LogicalVolume of a known VolumeSnapshot, where it is the uid of the object itself', () => {
  expect(learnt(logicalVolume())).toEqual([
    { restorePointId: id, identity: { volumeSnapshotUid: uid, snapshotHandle: handle } },
  ]);
  expect(learnt(logicalVolume({ uid: 'made again' }))).toEqual([]);
  expect(learnt(logicalVolume(), unrecorded)).toEqual([]);
});

test('of a content only the policy is learnt: anybody may write a handle into one', () => {
  expect(learnt(content({ deletionPolicy: 'Retain' }))).toEqual([
    { restorePointId: id, identity: { volumeSnapshotUid: uid, deletionPolicy: 'Retain' } },
  ]);
});
