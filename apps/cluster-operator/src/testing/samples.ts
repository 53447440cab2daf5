import {
  ClaimFacts,
  FencingToken,
  ObjectName,
  OperationId,
  RestorePointId,
  BoundSnapshot,
  Namespace,
} from '@snapfleet/contracts';
import { isReadyToUse, isTerminating, keyOf, type VolumeSnapshot } from '@snapfleet/kubernetes';
import type { FakeCluster } from '@snapfleet/kubernetes/testing';
import { annotation } from '../marks/marks.js';

/** Values that the unit tests share. */
export const operationId = OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
export const otherOperationId = OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a88');
export const fencingToken = FencingToken.parse(7);
export const laterFencingToken = FencingToken.parse(8);
export const restorePointId = RestorePointId.parse(operationId);
export const where = { namespace: Namespace.parse('shop'), persistentVolumeClaim: ObjectName.parse('orders') };
export const never: AbortSignal = new AbortController().signal;
export const now = (): Date => new Date('2026-11-23T12:00:00Z');
export const gibibyte = 2 ** 30;

const volumeHandle = '0c7ea4a2-6d33-4ef5-8a2c-8f3a1b2c3d4e';
const snapshotHandle = '4ba9d2f1-1b7b-4a67-9d35-2f9d0c1b2a3f';

/** A bound claim of TopoLVM with all that stands behind it. */
export function putClaim(cluster: FakeCluster, name = 'orders'): ClaimFacts {
  const claim = cluster.claims.put({
    metadata: { name, namespace: 'shop' },
    spec: {
      volumeName: `pv-${name}`,
      storageClassName: 'thin',
      volumeMode: 'Filesystem',
      accessModes: ['ReadWriteOnce'],
    },
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  } as never);
  cluster.volumes.put({
    metadata: { name: `pv-${name}` },
    spec: {
      csi: { driver: 'topolvm.io', volumeHandle },
      claimRef: { uid: claim.metadata.uid },
      persistentVolumeReclaimPolicy: 'Delete',
    },
  } as never);
  cluster.storageClasses.put({
    metadata: { name: 'thin' },
    provisioner: 'topolvm.io',
    parameters: { 'topolvm.io/device-class': 'thin' },
    allowVolumeExpansion: true,
  } as never);
  return ClaimFacts.parse({
    uid: claim.metadata.uid,
    volumeName: `pv-${name}`,
    volumeHandle,
    storageClassName: 'thin',
    deviceClass: 'thin',
    capacityBytes: gibibyte,
    volumeMode: 'Filesystem',
    accessModes: ['ReadWriteOnce'],
  });
}

/** Plays the snapshot-controller and the csi-snapshotter: contents for VolumeSnapshots, and both deleted in order. */
export function playSnapshotController(cluster: FakeCluster, deletionPolicy: 'Delete' | 'Retain' = 'Delete'): void {
  cluster.controllers.push(() => {
    for (const snapshot of cluster.snapshots.objects.values()) {
      if (isTerminating(snapshot)) endSnapshot(cluster, snapshot);
      else if (!isReadyToUse(snapshot)) bindSnapshot(cluster, snapshot, deletionPolicy);
    }
    // The sidecar deletes only what is marked and has the policy Delete.
    for (const [key, content] of cluster.snapshotContents.objects) {
      const marked = content.metadata.annotations?.[annotation.contentBeingDeleted] === 'yes';
      if (isTerminating(content) && marked && content.spec.deletionPolicy === 'Delete') {
        cluster.snapshotContents.objects.delete(key);
      }
    }
  });
}

function bindSnapshot(cluster: FakeCluster, snapshot: VolumeSnapshot, deletionPolicy: 'Delete' | 'Retain'): void {
  const { name, namespace, uid } = snapshot.metadata;
  const contentName = `snapcontent-${uid}`;
  cluster.snapshotContents.put({
    metadata: { name: contentName, finalizers: ['bound-protection'] },
    spec: {
      driver: 'topolvm.io',
      deletionPolicy,
      volumeSnapshotRef: { name, namespace, uid },
      source: { volumeHandle },
    },
    status: { snapshotHandle, restoreSize: gibibyte, readyToUse: true },
  } as never);
  cluster.snapshots.change(keyOf(snapshot), {
    metadata: { finalizers: ['bound-protection'] },
    status: {
      readyToUse: true,
      boundVolumeSnapshotContentName: contentName,
      creationTime: '2026-11-23T12:00:00Z',
      restoreSize: '1Gi',
    },
  });
}

function endSnapshot(cluster: FakeCluster, snapshot: VolumeSnapshot): void {
  const contentKey = `/snapcontent-${snapshot.metadata.uid}`;
  const content = cluster.snapshotContents.objects.get(contentKey);
  if (content?.spec.deletionPolicy === 'Delete') cluster.snapshotContents.objects.delete(contentKey);
  cluster.snapshots.change(keyOf(snapshot), { metadata: { finalizers: [] } });
}

/** A VolumeSnapshot of the restore point that is there and ready. */
export function putReadySnapshot(cluster: FakeCluster): BoundSnapshot {
  const name = `snapfleet-${restorePointId}`;
  const labels = { 'app.kubernetes.io/managed-by': 'snapfleet', 'snapfleet.io/restore-point': restorePointId };
  const snapshot = cluster.snapshots.put({
    metadata: { name, namespace: 'shop', labels },
    spec: { source: { persistentVolumeClaimName: 'orders' } },
  } as never);
  return BoundSnapshot.parse({
    volumeSnapshotName: name,
    volumeSnapshotUid: snapshot.metadata.uid,
    volumeSnapshotContentName: `snapcontent-${snapshot.metadata.uid}`,
    snapshotHandle,
    deletionPolicy: 'Delete',
    restoreSizeBytes: gibibyte,
    creationTime: '2026-11-23T12:00:00Z',
  });
}
