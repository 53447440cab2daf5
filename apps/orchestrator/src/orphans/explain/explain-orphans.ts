import type { InventoriedVolume, InventoryEntry, Orphan, OrphanId, VolumeHandle } from '@snapfleet/contracts';
import type { Catalogue } from '../catalogue.js';
import { explainContent } from './explain-content.js';
import { explainLogicalVolume } from './explain-logical-volume.js';
import { explainPod, explainScratchClaim } from './explain-scratch.js';
import { explainThinVolume, handleOfVolume } from './explain-thin-volume.js';
import { explainVolumeSnapshot } from './explain-volume-snapshot.js';
import { orphanIdOf, type Verdict } from './finding.js';

/** What was read of the device, at nearly the same time. */
export interface Inventories {
  readonly entries: readonly InventoryEntry[];
  readonly volumes: readonly InventoriedVolume[];
  /** The handles among the volumes that nothing in the cluster names. */
  readonly unreferenced: ReadonlySet<VolumeHandle>;
  readonly readAt: Date;
  /** What is younger than this is being made, or is waited for. */
  readonly settleMs: number;
}

/** What a scan makes of the inventories. */
export interface Explanation {
  readonly orphans: readonly Orphan[];
  /** What is not judged now: an operation on it is under way. */
  readonly undecided: readonly OrphanId[];
}

function explainEntry(entry: InventoryEntry, catalogue: Catalogue): Verdict {
  switch (entry.kind) {
    case 'volume-snapshot':
      return explainVolumeSnapshot(entry, catalogue);
    case 'volume-snapshot-content':
      return explainContent(entry, catalogue);
    case 'logical-volume':
      return explainLogicalVolume(entry, catalogue);
    case 'scratch-claim':
      return explainScratchClaim(entry, catalogue);
    case 'pod':
      return explainPod(entry, catalogue);
  }
}

/**
 * Explains everything that is left over: what it is, whose, why it is an orphan, and whether it may be purged. Only what the
 * journal proves to be ours, of a snapshot that it has given up, and to which nothing refers, may ever be purged.
 */
export function explainOrphans(inventories: Inventories, catalogue: Catalogue): Explanation {
  const { entries, volumes, unreferenced, readAt, settleMs } = inventories;
  const settled = entries.filter(({ createdAt }) => readAt.getTime() - Date.parse(createdAt) >= settleMs);
  const verdicts = [
    ...settled.map((entry) => ({ id: orphanIdOf(entry.kind, entry.uid), verdict: explainEntry(entry, catalogue) })),
    ...volumes.flatMap((volume) => {
      const handle = handleOfVolume(volume);
      if (handle === undefined || !unreferenced.has(handle)) return [];
      const id = orphanIdOf('thin-volume', volume.lvUuid);
      return [{ id, verdict: explainThinVolume(volume, handle, catalogue) }];
    }),
  ];
  return {
    orphans: verdicts.flatMap(({ verdict }) => (typeof verdict === 'object' ? [verdict] : [])),
    undecided: verdicts.flatMap(({ id, verdict }) => (verdict === 'undecided' ? [id] : [])),
  };
}
