import { VolumeHandle, type ClusterPurge, type DataOf } from '@snapfleet/contracts';
import {
  isTerminating,
  type LogicalVolume,
  type PersistentVolumeClaim,
  type Pod,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import { isOurs, label, topolvmDriver, volumeSnapshotNameOf } from '../marks/marks.js';
import type { ClusterObjects } from './cluster-objects.js';
import {
  contentsOf,
  isConsumerPod,
  isScratchClaim,
  othersOnHandle,
  usersOfClaim,
  usersOfSnapshot,
} from './object-users.js';
import { handleOfContent, handleOfLogicalVolume, ownersOf, snapshotOfContent, snapshotUidOf } from './references.js';

type Command = DataOf<typeof ClusterPurge>;

/** What is to be removed, as it was just read. */
export type OrphanObject =
  | { readonly kind: 'volume-snapshot'; readonly object: VolumeSnapshot }
  | { readonly kind: 'volume-snapshot-content'; readonly object: VolumeSnapshotContent }
  | { readonly kind: 'logical-volume'; readonly object: LogicalVolume }
  | { readonly kind: 'scratch-claim'; readonly object: PersistentVolumeClaim }
  | { readonly kind: 'pod'; readonly object: Pod };

/** Whether an orphan may be removed, by what the cluster holds now. */
export interface OrphanProof {
  /** Undefined: it is gone already. */
  readonly orphan: OrphanObject | undefined;
  readonly proof: readonly string[];
  /** Why it must stay; empty: it is proven that it is ours and that nothing needs it. */
  readonly blockedBy: readonly string[];
  readonly volumeHandle: VolumeHandle | undefined;
}

const byUid = <T extends { readonly metadata: { readonly uid: string } }>(objects: readonly T[], uid: string) =>
  objects.find(({ metadata }) => metadata.uid === uid);

const count = (objects: ClusterObjects): string =>
  `of ${String(objects.logicalVolumes.length)} LogicalVolumes, ${String(objects.contents.length)} VolumeSnapshotContents and ` +
  `${String(objects.volumes.length)} PersistentVolumes`;

const unless = (holds: boolean, why: string): readonly string[] => (holds ? [] : [why]);

const handleOrNone = (handle: string | undefined): VolumeHandle | undefined => VolumeHandle.safeParse(handle).data;

/** Proves by objects that were just read; the object is known by its uid alone, so another one of its name is none. */
export function proveOrphan(command: Command, objects: ClusterObjects): OrphanProof {
  const { target } = command;
  switch (target.kind) {
    case 'volume-snapshot': {
      const object = byUid(objects.snapshots, target.uid);
      return object === undefined ? gone(target) : ofSnapshot(object, command, objects);
    }
    case 'volume-snapshot-content': {
      const object = byUid(objects.contents, target.uid);
      return object === undefined ? gone(target) : ofContent(object, target.volumeSnapshotUid, objects);
    }
    case 'logical-volume': {
      const object = byUid(objects.logicalVolumes, target.uid);
      return object === undefined ? gone(target) : ofLogicalVolume(object, target.volumeSnapshotUid, objects);
    }
    case 'scratch-claim': {
      const object = byUid(objects.claims, target.uid);
      return object === undefined ? gone(target) : ofScratchClaim(object, command, objects);
    }
    case 'pod': {
      const object = byUid(objects.pods, target.uid);
      return object === undefined ? gone(target) : ofPod(object, command);
    }
  }
}

const gone = ({ name, uid }: Command['target']): OrphanProof => ({
  orphan: undefined,
  proof: [`${name} with uid ${uid} is gone`],
  blockedBy: [],
  volumeHandle: undefined,
});

function ofSnapshot(object: VolumeSnapshot, command: Command, objects: ClusterObjects): OrphanProof {
  const { restorePointId, namespace, persistentVolumeClaim } = command;
  const { metadata, spec } = object;
  const ours =
    isOurs(object, { [label.restorePoint]: restorePointId }) &&
    metadata.namespace === namespace &&
    metadata.name === volumeSnapshotNameOf(restorePointId) &&
    spec.source.persistentVolumeClaimName === persistentVolumeClaim;
  const users = usersOfSnapshot(object, objects);
  const [content] = contentsOf(object, objects);
  return {
    orphan: { kind: 'volume-snapshot', object },
    proof: [
      `VolumeSnapshot ${namespace}/${metadata.name} with uid ${metadata.uid} carries the labels, the name and the claim of restore point ${restorePointId}`,
      `no claim is being restored from it, and nothing else ${count(objects)} names its logical volume`,
      ...(isTerminating(object) ? [`its finalizers: ${(metadata.finalizers ?? []).join(', ') || 'none'}`] : []),
    ],
    blockedBy: [...unless(ours, 'it does not carry the marks of the restore point'), ...users],
    volumeHandle: handleOrNone(content === undefined ? undefined : handleOfContent(content)),
  };
}

function ofContent(object: VolumeSnapshotContent, snapshotUid: string, objects: ClusterObjects): OrphanProof {
  const { driver, volumeSnapshotRef: ref, source } = object.spec;
  const snapshot = snapshotOfContent(object, objects);
  const dynamic = (source.snapshotHandle ?? '') === '';
  return {
    orphan: { kind: 'volume-snapshot-content', object },
    proof: [
      `VolumeSnapshotContent ${object.metadata.name} with uid ${object.metadata.uid} was made for the VolumeSnapshot with uid ${snapshotUid}`,
      `there is no VolumeSnapshot ${ref.namespace ?? ''}/${ref.name ?? ''} with that uid any more`,
      `nothing else ${count(objects)} names its logical volume`,
    ],
    blockedBy: [
      ...unless(ref.uid === snapshotUid, `it is of the VolumeSnapshot with uid ${ref.uid ?? 'unknown'}`),
      ...unless(driver === topolvmDriver && dynamic, 'the driver topolvm.io did not make it for a VolumeSnapshot'),
      ...unless(snapshot === undefined, 'its VolumeSnapshot is there'),
      ...othersOnHandle(object, objects),
    ],
    volumeHandle: handleOrNone(handleOfContent(object)),
  };
}

function ofLogicalVolume(object: LogicalVolume, snapshotUid: string, objects: ClusterObjects): OrphanProof {
  const { name, uid } = object.metadata;
  return {
    orphan: { kind: 'logical-volume', object },
    proof: [
      `LogicalVolume ${name} with uid ${uid} was made for the VolumeSnapshot with uid ${snapshotUid}`,
      `nothing ${count(objects)} names it or its logical volume`,
    ],
    blockedBy: [
      ...unless(snapshotUidOf(object) === snapshotUid, 'it was made for something else'),
      ...ownersOf(object, objects),
    ],
    volumeHandle: handleOrNone(handleOfLogicalVolume(object)),
  };
}

function ofScratchClaim(object: PersistentVolumeClaim, command: Command, objects: ClusterObjects): OrphanProof {
  const { name, namespace = '' } = object.metadata;
  const ours = isScratchClaim(object) && isOurs(object, { [label.restorePoint]: command.restorePointId });
  const volume = objects.volumes.find(({ spec }) => spec.claimRef?.uid === object.metadata.uid);
  return {
    orphan: { kind: 'scratch-claim', object },
    proof: [
      `PersistentVolumeClaim ${namespace}/${name} carries the labels of a scratch claim of restore point ${command.restorePointId}`,
      'no Pod of others mounts it',
    ],
    blockedBy: [
      ...unless(ours, 'it does not carry the labels of a scratch claim of the restore point'),
      ...usersOfClaim(object, objects),
    ],
    volumeHandle: handleOrNone(volume?.spec.csi?.volumeHandle),
  };
}

const ofPod = (object: Pod, { restorePointId }: Command): OrphanProof => ({
  orphan: { kind: 'pod', object },
  proof: [
    `Pod ${object.metadata.namespace ?? ''}/${object.metadata.name} carries the labels of a Pod that a restore of ${restorePointId} made`,
  ],
  blockedBy: unless(
    isConsumerPod(object) && isOurs(object, { [label.restorePoint]: restorePointId }),
    'it does not carry the labels of a Pod of the restore point',
  ),
  volumeHandle: undefined,
});
