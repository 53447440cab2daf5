export type { Access } from './api/access-review.js';
export { isApiError, KubernetesApiError } from './api/kubernetes-api-error.js';
export { retryOnConflict } from './api/retry-on-conflict.js';
export type { ClusterAccess, ClusterOf } from './access/cluster-access.js';
export { combineAccess } from './access/combine-access.js';
export { policyRulesOf, type PolicyRule } from './access/policy-rules.js';
export type { Cluster } from './cluster.js';
export { ExecDeadlineError } from './exec/exec-deadline-error.js';
export type { ExecResult, PodApi, PodCommand } from './exec/pod-exec-api.js';
export { connectToCluster, type KubernetesSettings } from './connect-to-cluster.js';
export { newestWarnings, type Event } from './objects/event.js';
export type { HorizontalPodAutoscaler } from './objects/horizontal-pod-autoscaler.js';
export {
  controllerOf,
  isTerminating,
  managersOfReplicas,
  type KubernetesObject,
  type ObjectMeta,
} from './objects/object-meta.js';
export { describePod, hasEnded, isReady, mentionsClaim, usesClaim, type Pod, type PodSpec } from './objects/pod.js';
export { containerNames, containerRun, type ContainerRun } from './objects/pod-containers.js';
export { bytesOfQuantity } from './objects/quantity.js';
export { isScaledToZero, ScalableKind, type ScalableWorkload } from './objects/scalable-workload.js';
export {
  boundContentName,
  isReadyToUse,
  snapshotErrorText,
  type VolumeSnapshot,
  type VolumeSnapshotClass,
  type VolumeSnapshotContent,
} from './objects/volume-snapshot.js';
export {
  claimCapacityBytes,
  claimPhase,
  isRestoredFrom,
  requiredTopology,
  volumeNameOf,
  type LogicalVolume,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from './objects/volume.js';
export { resources, snapshotApiVersion, workloadResources } from './resources/definitions.js';
export type { CallOptions, RemoveOptions, ResourceApi, ScalableApi, WaitOptions } from './resources/resource-api.js';
export { keyOf } from './resources/resource-client.js';
export type { ObjectKey, ResourceDefinition, Scope } from './resources/resource-definition.js';
export { Deadline } from './wait/deadline.js';
export { orOnDeadline } from './wait/or-on-deadline.js';
export { WaitDeadlineError } from './wait/wait-deadline-error.js';
