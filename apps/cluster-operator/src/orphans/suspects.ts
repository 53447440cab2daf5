import { Bytes, InventoryEntry, ObjectName, OperationId, RestorePointId, VolumeHandle } from '@snapfleet/contracts';
import {
  bytesOfQuantity,
  isReadyToUse,
  isTerminating,
  snapshotErrorText,
  type KubernetesObject,
  type LogicalVolume,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import { annotation, isOurs, label, legacyTopolvmDriver, topolvmDriver } from '../marks/marks.js';
import type { ClusterObjects } from './cluster-objects.js';
import {
  claimsOf,
  contentsOf,
  isConsumerPod,
  isScratchClaim,
  othersOnHandle,
  usersOfClaim,
  usersOfSnapshot,
} from './object-users.js';
import { given, handleOfContent, handleOfLogicalVolume, ownersOf, snapshotOfContent } from './references.js';

const claimFinalizer = 'snapshot.storage.kubernetes.io/pvc-as-source-protection';
const drivers: readonly string[] = [topolvmDriver, legacyTopolvmDriver];
const ourSnapshotName = /^snapfleet-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const objectOf = ({ metadata }: KubernetesObject, referencedBy: readonly string[] = []) => ({
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  name: metadata.name,
  uid: metadata.uid,
  createdAt: metadata.creationTimestamp ?? new Date(0).toISOString(),
  ...(typeof metadata.deletionTimestamp === 'string' ? { deletionRequestedAt: metadata.deletionTimestamp } : {}),
  finalizers: (metadata.finalizers ?? []).slice(0, 8).map((finalizer) => finalizer.slice(0, 320)),
  referencedBy: referencedBy.slice(0, 8).map((text) => text.slice(0, 512)),
});

/** The field, where its value is one; users write what they like into objects of their namespaces. */
function fieldOf(name: string, schema: { safeParse(value: unknown): { readonly data?: unknown } }, value: unknown) {
  const { data } = schema.safeParse(value);
  return data === undefined ? {} : { [name]: data };
}

/** What a label says, where it is what we would have written. */
const marksOf = ({ metadata }: KubernetesObject): object => ({
  managed: isOurs({ metadata }),
  ...fieldOf('restorePointId', RestorePointId, metadata.labels?.[label.restorePoint]),
  ...fieldOf('operationId', OperationId, metadata.labels?.[label.operation]),
});

const handleIn = (handle: string | undefined): object => fieldOf('volumeHandle', VolumeHandle, handle);
const claimIn = (name: string | undefined): object => fieldOf('persistentVolumeClaim', ObjectName, name);

function sizeIn(quantity: string | undefined): object {
  try {
    return quantity === undefined ? {} : fieldOf('sizeBytes', Bytes, bytesOfQuantity(quantity));
  } catch {
    // It only decorates.
    return {};
  }
}

/** The logical volume behind a content. */
const volumeOf = (content: VolumeSnapshotContent): object => ({
  ...handleIn(handleOfContent(content)),
  ...fieldOf('sizeBytes', Bytes, content.status?.restoreSize),
});

/** Ours, whatever its state, since only the journal knows which of them are wanted; of others what is broken or stuck. */
const isSuspiciousSnapshot = (snapshot: VolumeSnapshot): boolean =>
  isOurs(snapshot) ||
  ourSnapshotName.test(snapshot.metadata.name) ||
  isTerminating(snapshot) ||
  !isReadyToUse(snapshot);

function snapshotEntry(snapshot: VolumeSnapshot, objects: ClusterObjects): object {
  const source = snapshot.spec.source.persistentVolumeClaimName;
  const claim = objects.claims.find(
    ({ metadata }) => metadata.name === source && metadata.namespace === snapshot.metadata.namespace,
  );
  const held = claim !== undefined && isTerminating(claim) && claim.metadata.finalizers?.includes(claimFinalizer);
  const error = snapshotErrorText(snapshot);
  const [content] = contentsOf(snapshot, objects);
  return {
    kind: 'volume-snapshot',
    ...objectOf(snapshot, usersOfSnapshot(snapshot, objects)),
    ...marksOf(snapshot),
    ...(content === undefined ? {} : volumeOf(content)),
    ...claimIn(source),
    ready: isReadyToUse(snapshot),
    ...(error === undefined ? {} : { error: error.slice(0, 512) }),
    holdsClaim: held === true && !isReadyToUse(snapshot),
  };
}

function contentEntry(content: VolumeSnapshotContent, objects: ClusterObjects): object {
  const { deletionPolicy, volumeSnapshotRef: ref } = content.spec;
  return {
    kind: 'volume-snapshot-content',
    ...objectOf(content, othersOnHandle(content, objects)),
    deletionPolicy,
    ...volumeOf(content),
    volumeSnapshot: { namespace: ref.namespace, name: ref.name, uid: given(ref.uid) },
    beingCreated: content.metadata.annotations?.[annotation.contentBeingCreated] !== undefined,
  };
}

function logicalVolumeEntry(volume: LogicalVolume): object {
  return {
    kind: 'logical-volume',
    ...objectOf(volume),
    ...handleIn(handleOfLogicalVolume(volume)),
    ...sizeIn(volume.status?.currentSize ?? volume.spec.size),
    ...(given(volume.spec.source) === undefined ? {} : { source: volume.spec.source }),
  };
}

const scratchEntry = (claim: ClusterObjects['claims'][number], objects: ClusterObjects): object => ({
  kind: 'scratch-claim',
  ...objectOf(claim, usersOfClaim(claim, objects)),
  ...marksOf(claim),
  ...sizeIn(claim.status?.capacity?.storage),
});

const podEntry = (pod: ClusterObjects['pods'][number]): object => ({
  kind: 'pod',
  ...objectOf(pod),
  ...marksOf(pod),
  ...claimIn(claimsOf(pod)[0]),
});

/** A Pod goes with its scratch claim where that is there. */
function isOnScratchClaim(pod: ClusterObjects['pods'][number], { claims }: ClusterObjects): boolean {
  return claims.some(
    (claim) =>
      isScratchClaim(claim) &&
      claim.metadata.namespace === pod.metadata.namespace &&
      claimsOf(pod).includes(claim.metadata.name),
  );
}

/** Where an entry stands in the inventory. */
export function keyOfEntry(entry: InventoryEntry): string {
  return [entry.kind, 'namespace' in entry ? entry.namespace : '', entry.name].join(' ');
}

/** What may be an orphan. */
export interface Suspects {
  /** In the order of their keys. */
  readonly entries: readonly InventoryEntry[];
  /** What cannot be told, and why. It is judged by nobody, and so purged by nobody. */
  readonly leftOut: readonly string[];
}

/** What may be an orphan: all that is needed to tell, and nothing that is in its place for certain. */
export function suspectsIn(objects: ClusterObjects): Suspects {
  const contents = objects.contents.filter(
    (content) => drivers.includes(content.spec.driver) && snapshotOfContent(content, objects) === undefined,
  );
  const consumers = objects.pods.filter((pod) => isConsumerPod(pod) && !isOnScratchClaim(pod, objects));
  const found: readonly object[] = [
    ...objects.snapshots.filter(isSuspiciousSnapshot).map((snapshot) => snapshotEntry(snapshot, objects)),
    ...contents.map((content) => contentEntry(content, objects)),
    ...objects.logicalVolumes.filter((volume) => ownersOf(volume, objects).length === 0).map(logicalVolumeEntry),
    ...objects.claims.filter(isScratchClaim).map((claim) => scratchEntry(claim, objects)),
    ...consumers.map(podEntry),
  ];
  const read = found.map((entry) => InventoryEntry.safeParse(entry));
  return {
    entries: read
      .flatMap(({ data }) => data ?? [])
      .toSorted((one, other) => (keyOfEntry(one) < keyOfEntry(other) ? -1 : 1)),
    leftOut: read.flatMap(({ error }, index) =>
      error === undefined ? [] : `${JSON.stringify(found[index])}: ${error.message}`.slice(0, 1024),
    ),
  };
}
