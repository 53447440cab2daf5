import { bytesOfQuantity } from '@snapfleet/kubernetes';
import { snapshotGroup, type Snapshot, type SnapshotContent } from '../model/snapshot.js';
import { topolvmDriver, type Claim } from '../model/volume.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';

/** A claim cannot be provisioned for a reason that external-provisioner finds before it asks the driver. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** The handle of the volume or snapshot that a claim is to be filled from; undefined for an empty one. @throws SourceError */
export function sourceHandleOf(claim: Claim, objects: Objects): string | undefined {
  const source = claim.spec.dataSource ?? undefined;
  if (source === undefined) return undefined;
  const { kind, name } = source;
  const about = `error getting handle for DataSource Type ${kind} by Name ${name}`;
  try {
    if (kind === 'VolumeSnapshot' && source.apiGroup === snapshotGroup) return snapshotHandle(claim, name, objects);
    if (kind === 'PersistentVolumeClaim') return cloneHandle(claim, name, objects);
  } catch (error) {
    if (error instanceof SourceError) throw new SourceError(`${about}: ${error.message}`, { cause: error });
    throw error;
  }
  throw new SourceError(`claim ${claim.metadata.name} has a dataSource of an unsupported kind ${kind}`);
}

/** The checks of getSnapshotSource in external-provisioner v6.3.0, pkg/controller/controller.go, in its order. */
function snapshotHandle(claim: Claim, name: string, objects: Objects): string {
  const snapshot = objects.get(types.snapshots, { namespace: claim.metadata.namespace, name });
  if (snapshot === undefined) {
    throw new SourceError(
      `error getting snapshot ${name} from api server: volumesnapshots.${snapshotGroup} "${name}" not found`,
    );
  }
  const contentName = snapshot.status?.boundVolumeSnapshotContentName;
  if (contentName === undefined) throw new SourceError(`snapshot ${name} not bound`);
  const content = objects.get(types.snapshotContents, { name: contentName });
  if (content === undefined) {
    throw new SourceError(`error getting snapshotcontent ${contentName} for snapshot ${name} from api server`);
  }
  checkContent(snapshot, content);
  if (snapshot.status?.readyToUse !== true) throw new SourceError(`snapshot ${name} is not Ready`);
  const handle = content.status?.snapshotHandle;
  if (handle === undefined) throw new SourceError(`snapshot handle ${name} is not available`);
  const restoreSize = bytesOfQuantity(snapshot.status.restoreSize ?? '0');
  const requested = bytesOfQuantity(claim.spec.resources.requests.storage);
  if (requested < restoreSize) {
    const sizes = `requested volume size ${String(requested)} is less than the size ${String(restoreSize)}`;
    throw new SourceError(`${sizes} for the source snapshot ${name}`);
  }
  return handle;
}

function checkContent(snapshot: Snapshot, content: SnapshotContent): void {
  const { name } = snapshot.metadata;
  const contentName = content.metadata.name;
  if (content.spec.volumeSnapshotRef.uid !== snapshot.metadata.uid) {
    throw new SourceError(`snapshotcontent ${contentName} for snapshot ${name} is bound to a different snapshot`);
  }
  if (content.spec.driver !== topolvmDriver) {
    throw new SourceError(`snapshotcontent ${contentName} for snapshot ${name} is handled by a different CSI driver`);
  }
}

function cloneHandle(claim: Claim, name: string, objects: Objects): string {
  const source = objects.get(types.claims, { namespace: claim.metadata.namespace, name });
  const volume = objects.get(types.volumes, { name: source?.spec.volumeName ?? '' });
  const handle = volume?.spec.csi?.volumeHandle;
  if (source?.status?.phase !== 'Bound' || handle === undefined) {
    throw new SourceError(`the PVC DataSource ${name} is not bound`);
  }
  return handle;
}
