import type { ClusterReferences, DataOf, ReplyOf } from '@snapfleet/contracts';
import type { Cluster } from '../cluster-access.js';
import { readHandleHolders } from './cluster-objects.js';
import { referencesTo } from './references.js';

const mostTold = 16;

/** Tells which handles nothing in the cluster names any more. */
export class FindReferencesUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {}

  /** @throws KubernetesApiError */
  async run(
    { volumeHandles }: DataOf<typeof ClusterReferences>,
    signal: AbortSignal,
  ): Promise<ReplyOf<typeof ClusterReferences>> {
    const readAt = this.now().toISOString();
    const holders = await readHandleHolders(this.cluster, signal);
    const found = volumeHandles.map((volumeHandle) => ({ volumeHandle, by: referencesTo(volumeHandle, holders) }));
    return {
      readAt,
      read: {
        logicalVolumes: holders.logicalVolumes.length,
        volumeSnapshotContents: holders.contents.length,
        persistentVolumes: holders.volumes.length,
      },
      unreferenced: found.filter(({ by }) => by.length === 0).map(({ volumeHandle }) => volumeHandle),
      references: found
        .filter(({ by }) => by.length > 0)
        .slice(0, mostTold)
        .map(({ volumeHandle, by }) => ({ volumeHandle, by: by.slice(0, 8).map((text) => text.slice(0, 512)) })),
    };
  }
}
