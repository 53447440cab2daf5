import { OrphanKind, type InventoriedVolume, type InventoryEntry, type Orphan } from '@snapfleet/contracts';
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

interface World {
  readonly entry: InventoryEntry;
  readonly thin: InventoriedVolume;
  readonly known: Known;
  /** Something in the cluster names the thin volume. */
  readonly named: boolean;
}

const marked: ReadonlySet<string> = new Set(['volume-snapshot', 'scratch-claim', 'pod']);
const copies: ReadonlySet<string> = new Set(['scratch-claim', 'pod']);

/** All that has to hold of what may be purged. */
function expectProven({ kind, owner, restorePointId }: Orphan, { entry, thin, known, named }: World): void {
  expect({ owner, restorePointId, busy: known.busy }).toEqual({ owner: 'ours', restorePointId: id, busy: false });
  if (kind === 'thin-volume') {
    expect([thin.open, thin.leased, named, thin.logicalVolume]).toEqual([false, false, false, handle]);
  } else {
    expect(entry).toMatchObject({ kind, referencedBy: [], createdAt: old });
  }
  if (marked.has(kind)) expect(entry).toMatchObject({ managed: true, restorePointId: id });
  else expect(known.unrecorded).toBe(false);
  if (kind === 'volume-snapshot') expect(entry).toMatchObject({ name: `snapfleet-${id}`, namespace: 'shop' });
  if (!copies.has(kind)) expect(known.standing?.kind).toBe('given-up');
}

const anyWorld = fc.record({ entry: anyEntry, thin: anyVolume, known: anyKnown, named: fc.boolean() });

test('what is referred to, not proven ours, worked on or counted on may never be purged', { timeout: 60_000 }, () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { orphans } = explain([world.entry, world.thin], world.known, world.named ? [] : [handle]);
      for (const orphan of orphans.filter(({ purge }) => purge !== 'never')) {
        kinds.add(orphan.kind);
        expectProven(orphan, world);
      }
    }),
    { numRuns: 2000 },
  );
  // Each kind was purgeable at times, so that the property says something about it.
  expect(kinds.size).toBe(OrphanKind.options.length);
});
