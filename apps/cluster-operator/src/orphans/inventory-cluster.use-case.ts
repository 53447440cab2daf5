import { Logger } from '@nestjs/common';
import type { ClusterInventory, InventoryEntry, ReplyOf } from '@snapfleet/contracts';
import type { Cluster } from '../cluster-access.js';
import { readClusterObjects } from './cluster-objects.js';
import { keyOfEntry, suspectsIn } from './suspects.js';

type Page = ReplyOf<typeof ClusterInventory>;

const mostEntries = 200;
const mostTold = 16;
/** Half of the largest message, for the envelope and for characters of more than one byte. */
const mostCharacters = 128 * 1024;

/** Lists what is suspicious in the cluster, a page at a time; each page is a fresh read. */
export class InventoryClusterUseCase {
  private readonly logger = new Logger(InventoryClusterUseCase.name);

  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {}

  /** @throws KubernetesApiError */
  async run(after: string | undefined, signal: AbortSignal): Promise<Page> {
    const objects = await readClusterObjects(this.cluster, this.now, signal);
    const { entries: all, leftOut } = suspectsIn(objects);
    if (leftOut.length > 0) this.logger.warn({ event: 'inventory.left-out', objects: leftOut.slice(0, mostTold) });
    const rest = after === undefined ? all : all.filter((entry) => keyOfEntry(entry) > after);
    const entries = pageOf(rest);
    const last = entries.at(-1);
    return {
      readAt: objects.readAt.toISOString(),
      entries,
      ...(last === undefined || entries.length === rest.length ? {} : { next: keyOfEntry(last) }),
    };
  }
}

/** The first ones, as many as fit into one message, but one at least. */
function pageOf(entries: readonly InventoryEntry[]): InventoryEntry[] {
  let characters = 0;
  return entries.slice(0, mostEntries).filter((entry, index) => {
    characters += JSON.stringify(entry).length;
    return index === 0 || characters <= mostCharacters;
  });
}
