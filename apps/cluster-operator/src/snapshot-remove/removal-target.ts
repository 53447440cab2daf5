import { SnapfleetError, type SnapshotRemove, type DataOf } from '@snapfleet/contracts';
import type { VolumeSnapshot, VolumeSnapshotContent } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { isOurs, label, topolvmDriver, volumeSnapshotNameOf } from '../marks/marks.js';

/** What is left of the VolumeSnapshot of a restore point. */
export interface RemovalTarget {
  readonly snapshot: VolumeSnapshot | undefined;
  /** Its contents: one as a rule; after an interrupted purge under Retain one without its VolumeSnapshot. */
  readonly contents: readonly VolumeSnapshotContent[];
}

/** What is to be removed. */
export type Removal = Omit<DataOf<typeof SnapshotRemove>, 'releaseFinalizers'> & {
  /** Where only the VolumeSnapshot is known: another one of its name is left alone. */
  readonly volumeSnapshotUid?: string | undefined;
};

/** The uid of the VolumeSnapshot that is meant, where it is known. */
export const expectedUidOf = ({ volumeSnapshotUid, snapshot }: Removal): string | undefined =>
  volumeSnapshotUid ?? snapshot?.volumeSnapshotUid;

/**
 * Finds what is left, by name, label and binding.
 * @throws SnapfleetError not_ours where the name belongs to something else
 */
export async function findRemovalTarget(
  cluster: Cluster,
  command: Removal,
  signal: AbortSignal,
): Promise<RemovalTarget> {
  const { namespace } = command;
  const name = volumeSnapshotNameOf(command.restorePointId);
  const snapshot = await cluster.snapshots.get({ namespace, name }, { signal });
  if (snapshot !== undefined && !isOurs(snapshot, { [label.restorePoint]: command.restorePointId })) {
    throw new SnapfleetError(
      'not_ours',
      `VolumeSnapshot ${namespace}/${name} does not carry the label of this restore point`,
    );
  }
  const expected = expectedUidOf(command);
  if (snapshot !== undefined && expected !== undefined && snapshot.metadata.uid !== expected) {
    throw new SnapfleetError(
      'not_ours',
      `VolumeSnapshot ${namespace}/${name} is another one than was made (uid ${expected})`,
    );
  }
  const uid = snapshot?.metadata.uid ?? expected;
  const all = await cluster.snapshotContents.list({}, { signal });
  return { snapshot, contents: all.filter((content) => isContentOf(content, { namespace, name, uid })) };
}

/** By the uid where it is known; else by the name, which holds the restore point's own UUID. */
function isContentOf(
  { spec }: VolumeSnapshotContent,
  snapshot: { readonly namespace: string; readonly name: string; readonly uid: string | undefined },
): boolean {
  const { volumeSnapshotRef: ref, driver, source } = spec;
  const named = ref.namespace === snapshot.namespace && ref.name === snapshot.name;
  const bound = snapshot.uid === undefined || ref.uid === snapshot.uid;
  return named && bound && driver === topolvmDriver && (source.snapshotHandle ?? '') === '';
}
