import type { InventoryEntry } from '@snapfleet/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  content,
  deleted,
  deleting,
  explain,
  failed,
  handle,
  id,
  kept,
  logicalVolume,
  lostId,
  old,
  pod,
  scratchClaim,
  snapshot,
  uid,
  volume,
  type Known,
} from './samples.js';

const either = <T>(...values: readonly T[]) => fc.constantFrom(...values);

/** What may be different from what is left of ours. */
const differences: readonly object[] = [
  { name: 'theirs' },
  { name: `snapfleet-${lostId}` },
  { uid: 'another' },
  { namespace: 'other' },
  { createdAt: '2026-11-23T11:59:00Z' },
  { managed: false },
  { restorePointId: lostId },
  { restorePointId: undefined },
  { operationId: undefined },
  { persistentVolumeClaim: 'other' },
  { persistentVolumeClaim: undefined },
  { referencedBy: ['something refers to it'] },
  { deletionPolicy: 'Retain' },
  { volumeHandle: undefined },
  { volumeSnapshot: { uid: 'another' } },
  { volumeSnapshot: {} },
  { ready: false },
  { deletionRequestedAt: old },
];
const anyEntry = fc
  .tuple(either(snapshot, content, logicalVolume, scratchClaim, pod), fc.subarray([...differences], { maxLength: 3 }))
  .map(([make, changes]): InventoryEntry => make(Object.assign({}, ...changes) as object));
const anyVolume = fc
  .record({ open: fc.boolean(), leased: fc.boolean(), logicalVolume: either(handle.toString(), 'root') })
  .map(volume);
const anyKnown = fc
  .record({
    standing: either(failed, deleted, kept, deleting),
    busy: either(false, false, true),
    awaitsVerification: fc.boolean(),
    volumeSnapshotUid: either('another', uid),
    unrecorded: fc.boolean(),
    ended: fc.boolean(),
  })
  .map(({ standing, ...known }): Known => ({ ...standing, ...known }));

test('what is referred to, not proven ours, worked on or counted on may never be purged', { timeout: 60_000 }, () => {
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
    { numRuns: 2000 },
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
