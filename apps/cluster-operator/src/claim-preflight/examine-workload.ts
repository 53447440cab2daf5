import {
  type Notice,
  type ObjectUid,
  type Quiesce,
  SavedWorkload,
  SnapfleetError,
  type VolumeReference,
  type Workload,
  WritingPod,
} from '@snapfleet/contracts';
import {
  controllerOf,
  describePod,
  hasEnded,
  isTerminating,
  mentionsClaim,
  usesClaim,
  type KubernetesObject,
  type Pod,
  type ScalableKind,
  type ScalableWorkload,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { readQuiesceMark } from '@snapfleet/workloads';
import { annotation } from '../marks/marks.js';
import { endedPodUids, nameWithOwner, podsNaming, podsOfOthers } from '../workload/pod-ownership.js';
import { findingsOfFreeze } from './examine-freeze.js';
import { findingsOfHooks } from './examine-hooks.js';
import { noticesOf } from './notices.js';
import { stripPodManifest } from '../workload/strip-pod-manifest.js';

/** What is known of the workload that is to be quiesced. */
export interface WorkloadExamination {
  readonly findings: readonly SnapfleetError[];
  readonly saved?: SavedWorkload;
  /** What the operation is going to leave its fencing token on. */
  readonly touched: readonly KubernetesObject[];
  /** The running Pods that are to be frozen, or in which hooks are to run. */
  readonly pods: readonly WritingPod[];
  /** Those that name the claim and have ended already. */
  readonly endedPodUids: readonly ObjectUid[];
  readonly notices: readonly Notice[];
}

/** Of a workload that was not looked at, or is not there. */
export const nothingKnown: WorkloadExamination = { findings: [], touched: [], pods: [], endedPodUids: [], notices: [] };

const conflict = (message: string): SnapfleetError => new SnapfleetError('workload_conflict', message);
const notFound = (message: string): SnapfleetError => new SnapfleetError('workload_not_found', message);

/** Whether the workload can be quiesced for this claim, and what has to be known of it. */
export async function examineWorkload(
  cluster: Cluster,
  about: VolumeReference,
  quiesce: Exclude<Quiesce, { level: 'none' }>,
  signal: AbortSignal,
): Promise<WorkloadExamination> {
  const { namespace } = about;
  const { level, workload } = quiesce;
  const found = await findWorkload(cluster, namespace, workload, signal);
  if (found === undefined) {
    const missing = notFound(`${workload.kind} ${workload.name} does not exist in namespace ${namespace}`);
    return { ...nothingKnown, findings: [missing] };
  }
  const { uid } = found.object.metadata;
  const naming = await podsNaming(cluster, about, signal);
  const users = naming.filter((pod) => usesClaim(pod, about.persistentVolumeClaim));
  const ended = endedPodUids(naming);
  const others = await podsOfOthers(cluster, users, { ...workload, namespace, uid }, signal);
  const findings = findingsOfOthers(about, workload, others);
  if (level !== 'cold') {
    const own = users.filter((pod) => !others.includes(pod));
    const ofPods =
      level === 'hooks' ? await findingsOfHooks(cluster, namespace, quiesce, own, signal) : findingsOfFreeze(own);
    const pods = own.filter(isWriting).map(toWritingPod);
    return { findings: [...findings, ...ofPods], touched: own, pods, endedPodUids: ended, notices: [] };
  }
  const { findings: ownFindings, saved } = examineForScaling(found, about.persistentVolumeClaim);
  const notices = await noticesOf(cluster, namespace, workload, found.object, signal);
  return {
    findings: [...ownFindings, ...findings],
    saved,
    touched: [found.object],
    pods: [],
    endedPodUids: ended,
    notices,
  };
}

type FoundWorkload =
  { readonly kind: 'Pod'; readonly object: Pod } | { readonly kind: ScalableKind; readonly object: ScalableWorkload };

async function findWorkload(
  cluster: Cluster,
  namespace: string,
  { kind, name }: Workload,
  signal: AbortSignal,
): Promise<FoundWorkload | undefined> {
  if (kind === 'Pod') {
    const pod = await cluster.pods.get({ namespace, name }, { signal });
    return pod && { kind, object: pod };
  }
  const found = await cluster.workloads[kind].get({ namespace, name }, { signal });
  return found && { kind, object: found };
}

function examineForScaling(
  found: FoundWorkload,
  claim: string,
): { readonly findings: readonly SnapfleetError[]; readonly saved: SavedWorkload } {
  const { name, uid } = found.object.metadata;
  if (found.kind === 'Pod') {
    const saved = SavedWorkload.parse({ kind: 'Pod', name, uid, manifest: stripPodManifest(found.object) });
    return { findings: findingsOfPod(found.object, claim), saved };
  }
  const { kind, object } = found;
  const saved = SavedWorkload.parse({ kind, name, uid, replicas: replicasToSave(object) });
  return { findings: findingsOfScalable(kind, object, claim), saved };
}

const isWriting = (pod: Pod): boolean => pod.status?.phase === 'Running' && !isTerminating(pod);
const toWritingPod = ({ metadata: { name, uid } }: Pod): WritingPod => WritingPod.parse({ name, uid });

/** A workload that we hold at 0 still has its replicas in the mark. */
function replicasToSave(workload: ScalableWorkload): number {
  const mark = readQuiesceMark(workload);
  return workload.spec.replicas === 0 && mark !== undefined ? mark.replicas : workload.spec.replicas;
}

function findingsOfOthers(
  { persistentVolumeClaim }: VolumeReference,
  { kind, name }: Workload,
  others: readonly Pod[],
): readonly SnapfleetError[] {
  if (others.length === 0) return [];
  const names = others.map(nameWithOwner).join(', ');
  return [conflict(`${persistentVolumeClaim} is also used by ${names}, which quiescing ${kind} ${name} does not stop`)];
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
