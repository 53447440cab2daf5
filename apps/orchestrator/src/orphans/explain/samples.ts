import {
  InventoriedVolume,
  InventoryEntry,
  OperationId,
  RestorePointId,
  VolumeHandle,
  type Orphan,
  type OrphanId,
} from '@snapfleet/contracts';
import type { SnapshotOwner } from '../../journal/snapshot-identity.store.js';
import type { Catalogue } from '../catalogue.js';
import type { KnownRestorePoint, Standing } from '../standing.js';
import { explainOrphans } from './explain-orphans.js';

/** Values that the unit tests of this room share: a restore point, its snapshot, and what may be left of it. */
export const readAt = new Date('2026-11-23T12:00:00Z');
export const old = '2026-11-23T10:00:00Z';
export const id = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
export const lostId = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a88');
export const operationId = OperationId.parse('6b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
export const uid = '0e2c6f0e-3f7e-4a43-93a2-8c3d2c8f9d11';
export const handle = VolumeHandle.parse('6a4f7a1b-0f3e-4f0d-b7a1-4f8f8f9e2b10');

/** What the journal knows. */
export interface Known {
  readonly standing?: Standing;
  readonly busy?: boolean;
  readonly awaitsVerification?: boolean;
  /** Of the snapshot that the restore point has. */
  readonly volumeSnapshotUid?: string;
  readonly policy?: 'Delete' | 'Retain';
  /** The uid and the handle of the snapshot were never recorded. */
  readonly unrecorded?: boolean;
  readonly ended?: boolean;
}

export const failed: Known = { standing: { kind: 'given-up', because: 'failed', failed: true } };
export const deleted: Known = { standing: { kind: 'given-up', because: 'is deleted', failed: false } };
export const kept: Known = { standing: { kind: 'kept' } };
export const deleting: Known = { standing: { kind: 'deleting' } };
export const busy: Known = { ...failed, busy: true };
export const unrecorded: Known = { ...failed, unrecorded: true };
export const retained: Known = { ...deleted, policy: 'Retain' };

/** A journal that knows the restore point `id`, and the uid and handle of its snapshot as its own. */
export function catalogueOf(known: Known): Catalogue {
  const point: KnownRestorePoint = {
    restorePointId: id,
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    standing: known.standing ?? { kind: 'kept' },
    busy: known.busy === true,
    awaitsVerification: known.awaitsVerification === true,
    volumeSnapshotUid: known.volumeSnapshotUid,
  };
  const recorded: SnapshotOwner = { restorePointId: id, deletionPolicy: known.policy };
  const owner = known.unrecorded === true ? undefined : recorded;
  return {
    find: (wanted) => (wanted === id ? point : undefined),
    ownerOfSnapshot: (wanted) => (wanted === uid ? owner : undefined),
    ownerOfHandle: (wanted) => (wanted === handle ? owner : undefined),
    hasEnded: () => known.ended,
  };
}

const defaults = { uid: '9d1b2c3e-4f50-4a6b-8c7d-0e1f2a3b4c5d', createdAt: old, finalizers: [], referencedBy: [] };
const marks = { namespace: 'shop', managed: true, restorePointId: id };
const entry =
  (kind: InventoryEntry['kind'], facts: object) =>
  (change: object = {}): InventoryEntry =>
    InventoryEntry.parse({ kind, ...defaults, ...facts, ...change });

export const snapshot = entry('volume-snapshot', {
  ...marks,
  name: `snapfleet-${id}`,
  uid,
  persistentVolumeClaim: 'orders',
  ready: true,
  holdsClaim: false,
});
export const content = entry('volume-snapshot-content', {
  name: `snapcontent-${uid}`,
  deletionPolicy: 'Delete',
  volumeHandle: handle,
  volumeSnapshot: { namespace: 'shop', name: `snapfleet-${id}`, uid },
  beingCreated: false,
});
export const logicalVolume = entry('logical-volume', { name: `snapshot-${uid}`, uid: handle, volumeHandle: handle });
export const scratchClaim = entry('scratch-claim', { ...marks, name: 'snapfleet-verify-6b0a4c3e', operationId });
export const pod = entry('pod', {
  ...marks,
  name: 'orders-restored-consumer',
  operationId,
  persistentVolumeClaim: 'orders-restored',
});

export const volume = (change: object = {}): InventoriedVolume =>
  InventoriedVolume.parse({
    volumeGroup: 'rhel',
    logicalVolume: handle,
    lvUuid: 'nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO',
    pool: 'thinpool',
    sizeBytes: 1024,
    access: 'read-only',
    active: true,
    open: false,
    leased: false,
    ...change,
  });

/** What may be left over. */
export type Thing = InventoryEntry | InventoriedVolume;

/** Explains these things; the cluster names no volume unless it is said otherwise. */
export function explain(
  things: readonly Thing[],
  known: Known,
  unreferenced: readonly VolumeHandle[] = [handle],
): { orphans: readonly Orphan[]; undecided: readonly OrphanId[] } {
  const entries = things.filter((thing): thing is InventoryEntry => 'kind' in thing);
  const volumes = things.filter((thing): thing is InventoriedVolume => !('kind' in thing));
  const inventories = { entries, volumes, unreferenced: new Set(unreferenced), readAt, settleMs: 600_000 };
  return explainOrphans(inventories, catalogueOf(known));
}
