import {
  type AgentCommandDefinition,
  ClusterInventory,
  ClusterReferences,
  type DataInputOf,
  type InventoriedVolume,
  type InventoryEntry,
  type ReplyOf,
  SnapfleetError,
  type VolumeHandle,
  VolumeInventory,
} from '@snapfleet/contracts';
import { handleOfVolume } from './explain/explain-thin-volume.js';
import type { Inventories } from './explain/explain-orphans.js';

/** Asks another service of the device. */
export interface InventoryCaller {
  call<Definition extends AgentCommandDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal },
  ): Promise<ReplyOf<Definition>>;
}

const answerMs = 60_000;
const mostHandles = 2000;
/** Beyond any device; a service that always names a next page is not asked for ever. */
const mostPages = 100;

/**
 * Reads what LVM has, then what the cluster has: a logical volume that is being made in between has its owner in the list.
 * A scan sees all of it or fails.
 * @throws SnapfleetError what a service answered, or `deadline_exceeded`, `interrupted`
 */
export async function readInventories(
  caller: InventoryCaller,
  signal: AbortSignal,
): Promise<Omit<Inventories, 'readAt' | 'settleMs'>> {
  const options = { deadlineMs: answerMs, signal };
  const volumes = await allPages<InventoriedVolume>(async (after) => {
    const page = await caller.call(VolumeInventory, after === undefined ? {} : { after }, options);
    return { items: page.volumes, next: page.next };
  });
  const entries = await allPages<InventoryEntry>(async (after) => {
    const page = await caller.call(ClusterInventory, after === undefined ? {} : { after }, options);
    return { items: page.entries, next: page.next };
  });
  const handles = volumes.flatMap((volume) => handleOfVolume(volume) ?? []);
  const unreferenced = new Set<VolumeHandle>();
  for (let from = 0; from < handles.length; from += mostHandles) {
    const volumeHandles = handles.slice(from, from + mostHandles);
    const reply = await caller.call(ClusterReferences, { volumeHandles }, options);
    for (const handle of reply.unreferenced) unreferenced.add(handle);
  }
  return { entries, volumes, unreferenced };
}

async function allPages<Item>(
  read: (after: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next: string | undefined }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await read(after);
    items.push(...page.items);
    if (page.next === undefined) return items;
    after = page.next;
  }
  throw new SnapfleetError('internal', `an inventory has more than ${String(mostPages)} pages`);
}
