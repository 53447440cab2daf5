import type { Snapshot, SnapshotClass, SnapshotContent } from '../model/snapshot.js';
import { snapshotMarks } from '../model/snapshot.js';
import type { Claim, Volume } from '../model/volume.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';

/** What external-snapshotter says where it cannot go on; the text becomes `status.error.message`. */
export class SnapshotProblem extends Error {
  override readonly name = 'SnapshotProblem';
}

/** `<namespace>/<name>`, as messages name a snapshot. */
export function nameOf({ metadata }: Snapshot): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** The name of the content that a snapshot of a claim gets; it is known before the content exists. */
export function contentNameOf(snapshot: Snapshot): string {
  return snapshot.spec.source.volumeSnapshotContentName ?? `snapcontent-${snapshot.metadata.uid}`;
}

/** The content that belongs to a snapshot, and points back to it. */
export function contentOf(snapshot: Snapshot, objects: Objects): SnapshotContent | undefined {
  const name = snapshot.status?.boundVolumeSnapshotContentName ?? contentNameOf(snapshot);
  const content = objects.get(types.snapshotContents, { name });
  return content?.spec.volumeSnapshotRef.uid === snapshot.metadata.uid ? content : undefined;
}

/** The claim that a snapshot is made of, if it is there. */
export function sourceClaimOf(snapshot: Snapshot, objects: Objects): Claim | undefined {
  const name = snapshot.spec.source.persistentVolumeClaimName;
  return name === undefined ? undefined : objects.get(types.claims, { namespace: snapshot.metadata.namespace, name });
}

/** The bound volume of the claim of a snapshot. @throws SnapshotProblem */
export function sourceVolumeOf(snapshot: Snapshot, objects: Objects): Volume {
  const claim = sourceClaimOf(snapshot, objects);
  if (claim === undefined) {
    const name = snapshot.spec.source.persistentVolumeClaimName ?? '';
    throw new SnapshotProblem(
      `failed to retrieve PVC ${name} from the lister: "persistentvolumeclaim \\"${name}\\" not found"`,
    );
  }
  if (claim.status?.phase !== 'Bound') {
    throw new SnapshotProblem(
      `the PVC ${claim.metadata.name} is not yet bound to a PV, will not attempt to take a snapshot`,
    );
  }
  const name = claim.spec.volumeName ?? '';
  const volume = objects.get(types.volumes, { name });
  if (volume === undefined) {
    throw new SnapshotProblem(
      `failed to retrieve PV ${name} from the API server: "persistentvolumes \\"${name}\\" not found"`,
    );
  }
  if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
    throw new SnapshotProblem('claim in dataSource not bound or invalid');
  }
  return volume;
}

/** The class that a snapshot names. @throws SnapshotProblem */
export function classNamed(name: string, objects: Objects): SnapshotClass {
  const found = objects.get(types.snapshotClasses, { name });
  if (found === undefined) {
    throw new SnapshotProblem(`volumesnapshotclass.snapshot.storage.k8s.io "${name}" not found`);
  }
  return found;
}

/** The one default class of the driver of the claim's volume. @throws SnapshotProblem */
export function defaultClassFor(snapshot: Snapshot, objects: Objects): SnapshotClass {
  const driver = sourceVolumeOf(snapshot, objects).spec.csi?.driver;
  if (driver === undefined) {
    throw new SnapshotProblem(`snapshotting non-CSI volumes is not supported, snapshot:${nameOf(snapshot)}`);
  }
  const defaults = objects
    .list(types.snapshotClasses)
    .filter((one) => one.driver === driver && one.metadata.annotations?.[snapshotMarks.defaultClass] === 'true');
  if (defaults[0] === undefined) throw new SnapshotProblem('cannot find default snapshot class');
  if (defaults.length > 1) throw new SnapshotProblem(`${String(defaults.length)} default snapshot classes were found`);
  return defaults[0];
}
