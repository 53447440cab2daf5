import {
  isRestoredFrom,
  mentionsClaim,
  type Pod,
  type PersistentVolumeClaim,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import { isOurs, label } from '../marks/marks.js';
import type { ClusterObjects } from './cluster-objects.js';
import { handleOfContent, referencesTo } from './references.js';

/** Whether a claim was made to look at a snapshot, and is removed afterwards. */
export const isScratchClaim = (claim: PersistentVolumeClaim): boolean => isOurs(claim, { [label.purpose]: 'scratch' });

/** Whether a Pod was made by a restore. */
export const isConsumerPod = (pod: Pod): boolean => isOurs(pod) && pod.metadata.labels?.[label.operation] !== undefined;

/** The names of the claims that a Pod mounts. */
export function claimsOf({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** The contents that were made for a VolumeSnapshot. */
export function contentsOf(
  { metadata }: VolumeSnapshot,
  { contents }: Pick<ClusterObjects, 'contents'>,
): readonly VolumeSnapshotContent[] {
  return contents.filter(({ spec }) => spec.volumeSnapshotRef.uid === metadata.uid);
}

/** What needs a VolumeSnapshot, or the logical volume of its content, beside what was made for it. */
export function usersOfSnapshot(snapshot: VolumeSnapshot, objects: ClusterObjects): string[] {
  const { namespace = '', name } = snapshot.metadata;
  const pending = objects.claims.filter(
    (claim) =>
      claim.metadata.namespace === namespace && isRestoredFrom(claim, name) && claim.status?.phase === 'Pending',
  );
  const others = contentsOf(snapshot, objects).flatMap((content) => othersOnHandle(content, objects));
  return [
    ...pending.map(({ metadata }) => `PersistentVolumeClaim ${namespace}/${metadata.name} is being restored from it`),
    ...others,
  ];
}

/** What names the logical volume of a content beside it and TopoLVM's own object for it. */
export function othersOnHandle(
  content: VolumeSnapshotContent,
  objects: Pick<ClusterObjects, 'contents' | 'volumes'>,
): string[] {
  const handle = handleOfContent(content);
  if (handle === undefined) return [];
  return referencesTo(handle, { ...objects, logicalVolumes: [] }, content.metadata.uid);
}

/** The Pods of others that mount a claim. */
export function usersOfClaim({ metadata }: PersistentVolumeClaim, { pods }: Pick<ClusterObjects, 'pods'>): string[] {
  return pods
    .filter((pod) => pod.metadata.namespace === metadata.namespace && !isConsumerPod(pod))
    .filter((pod) => mentionsClaim(pod.spec, metadata.name, pod.metadata.name))
    .map((pod) => `Pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} mounts it`);
}
