import { SnapfleetError } from '@snapfleet/contracts';
import type { VolumeSnapshotContent } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { othersOnHandle } from '../orphans/object-users.js';

/**
 * A logical volume goes with the first of its contents that is deleted with the policy Delete, whoever else refers to it.
 * @throws SnapfleetError snapshot_in_use where something beside these contents names the logical volume of one of them
 */
export async function expectHandlesUnshared(
  cluster: Cluster,
  contents: readonly VolumeSnapshotContent[],
  signal: AbortSignal,
): Promise<void> {
  const all = await cluster.snapshotContents.list({}, { signal });
  const volumes = await cluster.volumes.list({}, { signal });
  const own = new Set(contents.map(({ metadata }) => metadata.uid));
  const foreign = { contents: all.filter(({ metadata }) => !own.has(metadata.uid)), volumes };
  const others = contents.flatMap((content) => othersOnHandle(content, foreign));
  if (others.length === 0) return;
  throw new SnapfleetError(
    'snapshot_in_use',
    `the logical volume of the snapshot is kept by others: ${others.join('; ')}`,
  );
}
