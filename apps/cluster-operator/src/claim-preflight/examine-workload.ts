import { SavedWorkload, SnapfleetError, type VolumeReference, type Workload } from '@snapfleet/contracts';
import {
  controllerOf,
  describePod,
  hasEnded,
  isTerminating,
  mentionsClaim,
  type Pod,
  type ScalableKind,
  type ScalableWorkload,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { annotation } from '../marks/marks.js';
import { nameWithOwner, podsOfOthers, usersOfClaim } from '../workload/pod-ownership.js';
import { readQuiesceMark } from '../workload/quiesce-mark.js';
import { stripPodManifest } from '../workload/strip-pod-manifest.js';

/** What is known of the workload that is to be quiesced. */
export interface WorkloadExamination {
  readonly findings: readonly SnapfleetError[];
  readonly saved?: SavedWorkload;
}

const conflict = (message: string): SnapfleetError => new SnapfleetError('workload_conflict', message);
const notFound = (message: string): SnapfleetError => new SnapfleetError('workload_not_found', message);

/** Whether the workload can be quiesced for this claim, and what has to be saved of it. */
export async function examineWorkload(
  cluster: Cluster,
  about: VolumeReference,
  workload: Workload,
  signal: AbortSignal,
): Promise<WorkloadExamination> {
  const key = { namespace: about.namespace, name: workload.name };
  const missing = notFound(`${workload.kind} ${workload.name} does not exist in namespace ${about.namespace}`);
  const users = await usersOfClaim(cluster, about, signal);
  if (workload.kind === 'Pod') {
    const pod = await cluster.pods.get(key, { signal });
    if (pod === undefined) return { findings: [missing] };
    const others = await findingsOfOthers(cluster, about, { ...workload, uid: pod.metadata.uid }, users, signal);
    const { name, uid } = pod.metadata;
    const saved = SavedWorkload.parse({ kind: 'Pod', name, uid, manifest: stripPodManifest(pod) });
    return { findings: [...findingsOfPod(pod, about.persistentVolumeClaim), ...others], saved };
  }
  const found = await cluster.workloads[workload.kind].get(key, { signal });
  if (found === undefined) return { findings: [missing] };
  const { name, uid } = found.metadata;
  const others = await findingsOfOthers(cluster, about, { ...workload, uid }, users, signal);
  const own = findingsOfScalable(workload.kind, found, about.persistentVolumeClaim);
  const saved = SavedWorkload.parse({ kind: workload.kind, name, uid, replicas: replicasToSave(found) });
  return { findings: [...own, ...others], saved };
}

/** A workload that we hold at 0 still has its replicas in the mark. */
function replicasToSave(workload: ScalableWorkload): number {
  const mark = readQuiesceMark(workload);
  return workload.spec.replicas === 0 && mark !== undefined ? mark.replicas : workload.spec.replicas;
}

async function findingsOfOthers(
  cluster: Cluster,
  about: VolumeReference,
  workload: Workload & { readonly uid: string },
  users: readonly Pod[],
  signal: AbortSignal,
): Promise<readonly SnapfleetError[]> {
  const others = await podsOfOthers(cluster, users, { ...workload, namespace: about.namespace }, signal);
  if (others.length === 0) return [];
  const names = others.map(nameWithOwner).join(', ');
  const claim = about.persistentVolumeClaim;
  return [
    conflict(`${claim} is also used by ${names}, which quiescing ${workload.kind} ${workload.name} does not stop`),
  ];
}

function findingsOfPod(pod: Pod, claim: string): readonly SnapfleetError[] {
  const { name } = pod.metadata;
  const owner = controllerOf(pod);
  const findings: SnapfleetError[] = [];
  if (owner !== undefined)
    findings.push(conflict(`Pod ${name} belongs to ${owner.kind} ${owner.name}, which would replace it: quiesce that`));
  if (pod.metadata.annotations?.[annotation.mirrorPod] !== undefined)
    findings.push(conflict(`Pod ${name} is a static Pod of the kubelet, which cannot be deleted through the API`));
  if (isTerminating(pod)) findings.push(conflict(`${describePod(pod)} is being deleted already`));
  if (hasEnded(pod)) findings.push(conflict(`${describePod(pod)} has ended: making it again would run it again`));
  if (!mentionsClaim(pod.spec, claim, name)) findings.push(notFound(`Pod ${name} does not use claim ${claim}`));
  if (!mentionsClaim(pod.spec, claim) && mentionsClaim(pod.spec, claim, name))
    findings.push(conflict(`${claim} is an ephemeral volume of Pod ${name} and would be deleted with it`));
  return findings;
}

function findingsOfScalable(kind: ScalableKind, workload: ScalableWorkload, claim: string): readonly SnapfleetError[] {
  const name = `${kind} ${workload.metadata.name}`;
  const findings: SnapfleetError[] = [];
  const owner = controllerOf(workload);
  if (owner?.kind === 'Deployment' || owner?.kind === 'DeploymentConfig')
    findings.push(conflict(`${name} belongs to ${owner.kind} ${owner.name}, which would scale it: quiesce that`));
  if (isTerminating(workload)) findings.push(conflict(`${name} is being deleted`));
  if (isClaimOfTemplate(workload, claim)) {
    if (workload.spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete')
      findings.push(conflict(`${name} deletes its claims when it is scaled down (whenScaled: Delete)`));
  } else if (!mentionsClaim(workload.spec.template?.spec ?? {}, claim)) {
    findings.push(notFound(`${name} exists, but neither its Pod template nor its claim templates mention ${claim}`));
  }
  return findings;
}

/** A StatefulSet's claims are named `<template>-<set>-<ordinal>`. */
function isClaimOfTemplate(workload: ScalableWorkload, claim: string): boolean {
  return (workload.spec.volumeClaimTemplates ?? []).some(({ metadata }) => {
    const prefix = `${metadata.name}-${workload.metadata.name}-`;
    return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
  });
}
