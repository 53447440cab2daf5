import type { KubernetesObject } from '@snapfleet/kubernetes';
import { workloadAnnotation } from '@snapfleet/workloads';

/** The CSI driver whose volumes are handled, and its name before TopoLVM left Cybozu. */
export const topolvmDriver = 'topolvm.io';
export const legacyTopolvmDriver = 'topolvm.cybozu.com';

/** Labels of what Snapfleet makes. */
export const label = {
  managedBy: 'app.kubernetes.io/managed-by',
  restorePoint: 'snapfleet.io/restore-point',
  operation: 'snapfleet.io/operation',
  purpose: 'snapfleet.io/purpose',
} as const;

/** Annotations that Snapfleet reads and writes. */
export const annotation = {
  ...workloadAnnotation,
  claimUid: 'snapfleet.io/claim-uid',
  /** On a claim: the operation that is about to delete the bare Pod that uses it, or has done so. */
  podTakenBy: 'snapfleet.io/pod-taken-by',
  restored: 'snapfleet.io/restored',
  abandonedRestores: 'snapfleet.io/abandoned-restores',
  defaultSnapshotClass: 'snapshot.storage.kubernetes.io/is-default-class',
  contentBeingCreated: 'snapshot.storage.kubernetes.io/volumesnapshot-being-created',
  contentBeingDeleted: 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted',
  mirrorPod: 'kubernetes.io/config.mirror',
} as const;

/** The value of the label managed-by. */
export const managedBySnapfleet = 'snapfleet';

/** Whether an object carries our label and these. */
export function isOurs(object: KubernetesObject, labels: Readonly<Record<string, string>> = {}): boolean {
  const found = object.metadata.labels ?? {};
  const wanted = { [label.managedBy]: managedBySnapfleet, ...labels };
  return Object.entries(wanted).every(([key, value]) => found[key] === value);
}

/** The name of the VolumeSnapshot of a restore point. */
export function volumeSnapshotNameOf(restorePointId: string): string {
  return `snapfleet-${restorePointId}`;
}
