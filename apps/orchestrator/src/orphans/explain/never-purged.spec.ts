import { InventoryEntry } from '@snapfleet/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  deleted,
  deleting,
  explain,
  failed,
  handle,
  id,
  kept,
  lostId,
  old,
  operationId,
  uid,
  volume,
  type Known,
} from './samples.js';

const either = <T>(...values: readonly T[]) => fc.constantFrom(...values);

/** Anything that an inventory may hold: near to what is ours in some respects, and not in others. */
const anyEntry = fc
  .record({
    kind: either('volume-snapshot', 'volume-snapshot-content', 'logical-volume', 'scratch-claim', 'pod'),
    name: either(`snapfleet-${id}`, `snapcontent-${uid}`, `snapshot-${uid}`, 'pvc-1'),
    uid: either(uid, handle.toString(), 'another'),
    namespace: either('shop', 'other'),
    createdAt: either(old, old, '2026-11-23T11:59:00Z'),
    managed: fc.boolean(),
    restorePointId: either(id, lostId, undefined),
    operationId: either(operationId, undefined),
    persistentVolumeClaim: either('orders', 'other', undefined),
    referencedBy: either([], [], ['something refers to it']),
    deletionPolicy: either('Delete', 'Retain'),
    volumeHandle: either(handle, undefined),
    volumeSnapshot: either({ uid, name: `snapfleet-${id}`, namespace: 'shop' }, { uid: 'another' }, {}),
    ready: fc.boolean(),
    deletionRequestedAt: either(old, undefined),
  })
  .map((draft) => InventoryEntry.parse({ finalizers: [], holdsClaim: false, beingCreated: false, ...draft }));
const anyVolume = fc
  .record({ open: fc.boolean(), leased: fc.boolean(), logicalVolume: either(handle.toString(), 'root') })
  .map(volume);
const anyKnown = fc
  .record({
    standing: either(failed, deleted, kept, deleting),
    busy: fc.boolean(),
    awaitsVerification: fc.boolean(),
    volumeSnapshotUid: either('another', uid),
    unrecorded: fc.boolean(),
    ended: fc.boolean(),
  })
  .map(({ standing, ...known }): Known => ({ ...standing, ...known }));

test('what is referred to, not proven ours, worked on or counted on may never be purged', () => {
  const purgeable: Record<string, number> = {};
  fc.assert(
    fc.property(anyEntry, anyVolume, anyKnown, fc.boolean(), (entry, thin, known, named) => {
      const { orphans } = explain([entry, thin], known, named ? [] : [handle]);
      for (const { kind, owner, restorePointId, purge } of orphans) {
        if (purge === 'never') continue;
        purgeable[kind] = (purgeable[kind] ?? 0) + 1;
        expect({ owner, restorePointId, busy: known.busy }).toEqual({ owner: 'ours', restorePointId: id, busy: false });
        if (kind === 'thin-volume') {
          expect([thin.open, thin.leased, named, thin.logicalVolume]).toEqual([false, false, false, handle]);
        } else {
          expect(entry).toMatchObject({ kind, referencedBy: [], createdAt: old });
        }
        const marked = kind === 'volume-snapshot' || kind === 'scratch-claim' || kind === 'pod';
        if (marked) expect(entry).toMatchObject({ managed: true, restorePointId: id });
        else expect(known.unrecorded).toBe(false);
        if (kind === 'volume-snapshot') expect(entry).toMatchObject({ name: `snapfleet-${id}`, namespace: 'shop' });
        if (kind !== 'scratch-claim' && kind !== 'pod') expect(known.standing?.kind).toBe('given-up');
      }
    }),
    { numRuns: 5000 },
  );
  // Each kind was purgeable at times, so that the property says something about it.
  expect(Object.keys(purgeable).toSorted()).toEqual([
    'logical-volume',
    'pod',
    'scratch-claim',
    'thin-volume',
    'volume-snapshot',
    'volume-snapshot-content',
  ]);
});
