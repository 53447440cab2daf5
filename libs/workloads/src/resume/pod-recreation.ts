import { SnapfleetError, type SavedWorkload } from '@snapfleet/contracts';
import { bytesOfQuantity, isApiError, KubernetesApiError } from '@snapfleet/kubernetes';
import { z } from 'zod';
import type { WorkloadCluster } from '../access/workload-access.js';
import { workloadAnnotation } from '../marks/workload-annotations.js';

/** A Pod that nothing but its saved manifest can bring back. */
export type BarePod = Extract<SavedWorkload, { kind: 'Pod' }>;

/** Which Pod is to be made again, and who would do it. */
export interface PodToMake {
  readonly maker: 'cluster-operator' | 'workload-guard';
  readonly namespace: string;
  readonly name: string;
  readonly manifest: object;
}

/** Whether a bare Pod could be made again now. */
export type Recreation =
  | { readonly kind: 'admitted' }
  /** An admission webhook cannot be asked without effect. */
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'refused'; readonly error: SnapfleetError };

interface Patience {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

const Manifest = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
});

/** The manifest from which an operation makes a bare Pod again. */
export function recreationOf({ manifest: saved }: BarePod, operationId: string): object {
  const { metadata, ...manifest } = Manifest.parse(saved);
  const annotations = { ...metadata.annotations, [workloadAnnotation.recreatedBy]: operationId };
  return { ...manifest, metadata: { ...metadata, annotations } };
}

/**
 * Asks the API server by a dry run; nothing is changed.
 * @throws SnapfleetError deadline_exceeded; KubernetesApiError where it has not judged the Pod; the signal's reason
 */
export async function tryRecreation(cluster: WorkloadCluster, pod: PodToMake, patience: Patience): Promise<Recreation> {
  const refusal = await refusalOf(cluster, pod, patience);
  if (refusal === undefined || isFreedByDeletion(refusal)) return { kind: 'admitted' };
  // The API server gives both of these no reason of their own.
  if (refusal.status === 400 && refusal.message.includes('does not support dry run'))
    return { kind: 'unknown', why: refusal.message };
  const what = `${pod.maker} could not make Pod ${pod.name} again: ${refusal.message}`;
  const context = { cause: refusal, retryable: refusal.passing };
  return { kind: 'refused', error: new SnapfleetError('workload_not_recreatable', what, context) };
}

/**
 * Resolves where nothing is known that would keep a bare Pod from being made again.
 * @throws SnapfleetError workload_not_recreatable, deadline_exceeded; KubernetesApiError; the signal's reason
 */
export async function expectRecreation(cluster: WorkloadCluster, pod: PodToMake, patience: Patience): Promise<void> {
  const recreation = await tryRecreation(cluster, pod, patience);
  if (recreation.kind === 'refused') throw recreation.error;
}

/** Answers of an API server that has not looked at the Pod. */
const unjudged: ReadonlySet<number> = new Set([0, 401, 429, 502, 503, 504]);

async function refusalOf(
  cluster: WorkloadCluster,
  { namespace, name, manifest }: PodToMake,
  { deadlineMs, signal }: Patience,
): Promise<KubernetesApiError | undefined> {
  const deadline = AbortSignal.timeout(Math.ceil(deadlineMs));
  const until = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    await cluster.pods.tryCreate(namespace, manifest, { signal: until });
    return undefined;
  } catch (error) {
    // The name is looked at last, so that whatever could refuse the Pod has admitted it (apiserver, registry/store.go).
    if (isApiError(error, 409, 'AlreadyExists')) return undefined;
    if (error instanceof KubernetesApiError && error.status !== 409 && !unjudged.has(error.status)) return error;
    if (error instanceof KubernetesApiError || signal?.aborted === true || !deadline.aborted) throw error;
    const what = `the API server did not say within ${String(deadlineMs / 1000)} s whether Pod ${name} could be made again`;
    throw new SnapfleetError('deadline_exceeded', what, { cause: error });
  }
}

/**
 * The quota is asked last of all, and counts the Pod that is still there: its deletion makes the room, unless even then more is
 * used than the quota has by now.
 */
function isFreedByDeletion({ status, message }: KubernetesApiError): boolean {
  if (status !== 403 || !message.includes('exceeded quota')) return false;
  const { used, limited } = /, used: (?<used>\S+), limited: (?<limited>\S+)/.exec(message)?.groups ?? {};
  const limits = amounts(limited);
  return [...amounts(used)].every(([resource, amount]) => amount <= (limits.get(resource) ?? amount));
}

/** `cpu=500m,pods=1`; what is no quantity is left out. */
function amounts(list = ''): ReadonlyMap<string, number> {
  const pairs = list.split(',').map((pair) => /^(.+)=(.+)$/.exec(pair));
  return new Map(
    pairs.flatMap((pair) => {
      const [, resource = '', quantity = ''] = pair ?? [];
      const amount = quantityOrUndefined(quantity);
      return amount === undefined ? [] : [[resource, amount] as const];
    }),
  );
}

function quantityOrUndefined(quantity: string): number | undefined {
  try {
    return bytesOfQuantity(quantity);
  } catch {
    return undefined;
  }
}
