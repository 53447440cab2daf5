import type { Access } from './api/access-review.js';
import type { PodApi } from './exec/pod-exec-api.js';
import type { Event } from './objects/event.js';
import type { HorizontalPodAutoscaler } from './objects/horizontal-pod-autoscaler.js';
import type { ScalableKind, ScalableWorkload } from './objects/scalable-workload.js';
import type { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './objects/volume-snapshot.js';
import type { LogicalVolume, PersistentVolume, PersistentVolumeClaim, StorageClass } from './objects/volume.js';
import type { CallOptions, ResourceApi, ScalableApi } from './resources/resource-api.js';

/** The objects of a cluster that Snapfleet reads or writes, and no others. */
export interface Cluster {
  readonly claims: ResourceApi<PersistentVolumeClaim>;
  readonly volumes: ResourceApi<PersistentVolume>;
  readonly pods: PodApi;
  readonly events: ResourceApi<Event>;
  readonly autoscalers: ResourceApi<HorizontalPodAutoscaler>;
  readonly storageClasses: ResourceApi<StorageClass>;
  readonly snapshots: ResourceApi<VolumeSnapshot>;
  readonly snapshotContents: ResourceApi<VolumeSnapshotContent>;
  readonly snapshotClasses: ResourceApi<VolumeSnapshotClass>;
  readonly logicalVolumes: ResourceApi<LogicalVolume>;
  readonly workloads: Readonly<Record<ScalableKind, ScalableApi<ScalableWorkload>>>;

  /** Whether the API server knows this resource, by API discovery. */
  serves(apiVersion: string, plural: string, options?: CallOptions): Promise<boolean>;

  /** Whether this client may do something, as the API server says (SelfSubjectAccessReview). */
  allows(access: Access, options?: CallOptions): Promise<boolean>;
  /** The version of the API server, such as `v1.37.2`: the cheapest question that proves that it answers. */
  version(options?: CallOptions): Promise<string>;
}
