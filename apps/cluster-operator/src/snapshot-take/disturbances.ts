import type { DataOf, Quiet, SnapshotTake } from '@snapfleet/contracts';
import {
  describePod,
  hasEnded,
  KubernetesApiError,
  mentionsClaim,
  WaitDeadlineError,
  type Deadline,
  type Pod,
} from '@snapfleet/kubernetes';
import { workloadAnnotation } from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';
import { nameWithOwner, podsOfOthers } from '../workload/pod-ownership.js';
import { outsideChange } from './outside-change.js';

/** A take that is to say afterwards whether its claim was quiet. */
export type QuietTake = DataOf<typeof SnapshotTake> & { readonly quiet: Quiet };

interface Wait {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const mostTold = 16;
const longestText = 512;

/**
 * Looks, once a snapshot is ready, for all that may have written to its claim meanwhile, or why that is not known. A Pod that
 * came and was deleted before this look leaves no trace. @throws the signal's reason
 */
export async function findDisturbances(
  cluster: Cluster,
  command: QuietTake,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const found = await look(cluster, command, { deadlineMs: deadline.remainingMs(), signal });
    return found.slice(0, mostTold).map((text) => text.slice(0, longestText));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof KubernetesApiError) && !(error instanceof WaitDeadlineError)) throw error;
    return [`it is not known who used ${command.persistentVolumeClaim}: ${error.message}`.slice(0, longestText)];
  }
}

async function look(cluster: Cluster, command: QuietTake, wait: Wait): Promise<string[]> {
  const { namespace, persistentVolumeClaim: claim, fencingToken, quiet } = command;
  // Before the workload: of a Pod that the dead-man timer has brought back the note is seen then.
  const pods = await cluster.pods.waitForAll({ namespace }, (all) => all, wait);
  const users = pods.filter((pod) => mayHaveWritten(pod, claim, quiet));
  const { workload } = quiet;
  if (workload === undefined) return users.map((pod) => describeUse(pod, claim));
  if (workload.kind === 'Pod') {
    const others = users.filter((pod) => recreatorOf(pod) !== quiet.operationId);
    return others.map((pod) => describeUse(pod, claim));
  }
  const key = { namespace, name: workload.name };
  const { found } = await cluster.workloads[workload.kind].waitFor(key, (object) => ({ found: object }), wait);
  const { change, isBack } = outsideChange(workload.kind, found, { ...workload, ...quiet, fencingToken });
  const others = isBack ? await podsOfOthers(cluster, users, { ...workload, namespace }, wait.signal) : users;
  return [...(change === undefined ? [] : [change]), ...others.map((pod) => describeUse(pod, claim))];
}

/** One that waits for a node cannot write yet. */
function mayHaveWritten(pod: Pod, claim: string, { podUids, endedPodUids }: Quiet): boolean {
  const { name, uid } = pod.metadata;
  const known: readonly string[] = hasEnded(pod) ? [...podUids, ...endedPodUids] : podUids;
  return pod.spec.nodeName !== undefined && mentionsClaim(pod.spec, claim, name) && !known.includes(uid);
}

const recreatorOf = (pod: Pod): string | undefined => pod.metadata.annotations?.[workloadAnnotation.recreatedBy];

const describeUse = (pod: Pod, claim: string): string =>
  `${nameWithOwner(pod)} used ${claim} during the cut, or may have: ${describePod(pod)}`;
