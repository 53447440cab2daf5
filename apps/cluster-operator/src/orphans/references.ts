import type { LogicalVolume, VolumeSnapshot, VolumeSnapshotContent } from '@snapfleet/kubernetes';
import type { ClusterObjects, HandleHolders } from './cluster-objects.js';

/** A text, or undefined where it is absent or empty, which objects of the API mean alike. */
export const given = (text: string | null | undefined): string | undefined =>
  text === '' ? undefined : (text ?? undefined);

/** The handle of the logical volume that a content keeps, or undefined while there is none. */
export function handleOfContent({ spec, status }: VolumeSnapshotContent): string | undefined {
  return given(status?.snapshotHandle) ?? given(spec.source.snapshotHandle);
}

/** The handle of a LogicalVolume: its own uid, which is in its status once the volume is made (topolvm v0.41.0). */
export function handleOfLogicalVolume({ metadata, status }: LogicalVolume): string {
  return given(status?.volumeID) ?? metadata.uid;
}

/** What names this handle, whoever it belongs to and whatever its driver, except the object with the uid `except`. */
export function referencesTo(handle: string, holders: HandleHolders, except?: string): string[] {
  const others = <T extends { readonly metadata: { readonly uid: string } }>(objects: readonly T[]): readonly T[] =>
    objects.filter(({ metadata }) => metadata.uid !== except);
  return [
    ...others(holders.logicalVolumes)
      .filter((volume) => volume.metadata.uid === handle || volume.status?.volumeID === handle)
      .map(({ metadata }) => `LogicalVolume ${metadata.name} names ${handle}`),
    ...others(holders.contents)
      .filter(({ spec, status }) => [status?.snapshotHandle, spec.source.snapshotHandle].includes(handle))
      .map(({ metadata }) => `VolumeSnapshotContent ${metadata.name} names ${handle}`),
    ...others(holders.volumes)
      .filter(({ spec }) => spec.csi?.volumeHandle === handle)
      .map(({ metadata }) => `PersistentVolume ${metadata.name} names ${handle}`),
  ];
}

/** The VolumeSnapshot that a content was made for, if it is there; one of the same name with another uid is another one. */
export function snapshotOfContent(
  { spec: { volumeSnapshotRef: ref } }: VolumeSnapshotContent,
  { snapshots }: Pick<ClusterObjects, 'snapshots'>,
): VolumeSnapshot | undefined {
  const snapshot = snapshots.find(({ metadata }) => metadata.namespace === ref.namespace && metadata.name === ref.name);
  return [undefined, snapshot?.metadata.uid].includes(given(ref.uid)) ? snapshot : undefined;
}

const snapshotPrefix = 'snapshot-';
const volumePrefix = 'pvc-';

/** The uid of the VolumeSnapshot that a LogicalVolume was made for: its name is `snapshot-<uid>`. */
export function snapshotUidOf({ metadata: { name } }: LogicalVolume): string | undefined {
  return name.startsWith(snapshotPrefix) ? name.slice(snapshotPrefix.length) : undefined;
}

/** What a LogicalVolume was made for and is still there, or names its handle. */
export function ownersOf(volume: LogicalVolume, objects: ClusterObjects): string[] {
  const { uid, name } = volume.metadata;
  const snapshotUid = snapshotUidOf(volume);
  const claimUid = name.startsWith(volumePrefix) ? name.slice(volumePrefix.length) : undefined;
  return [
    ...objects.contents
      .filter(({ spec }) => snapshotUid !== undefined && spec.volumeSnapshotRef.uid === snapshotUid)
      .map(({ metadata }) => `VolumeSnapshotContent ${metadata.name} was made for the same VolumeSnapshot`),
    ...objects.snapshots
      .filter(({ metadata }) => metadata.uid === snapshotUid)
      .map(({ metadata }) => `it is of VolumeSnapshot ${metadata.namespace ?? ''}/${metadata.name}`),
    ...objects.volumes
      .filter(({ metadata }) => metadata.name === name)
      .map(({ metadata }) => `it is of PersistentVolume ${metadata.name}`),
    ...objects.claims
      .filter(({ metadata }) => metadata.uid === claimUid)
      .map(({ metadata }) => `it is of PersistentVolumeClaim ${metadata.namespace ?? ''}/${metadata.name}`),
    ...referencesTo(handleOfLogicalVolume(volume), objects, uid),
  ];
}
