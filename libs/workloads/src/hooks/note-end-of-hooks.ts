import type { FencingToken, Namespace, WritingPod } from '@snapfleet/contracts';
import { isApiError, retryOnConflict } from '@snapfleet/kubernetes';
import type { HooksCluster } from '../access/hooks-access.js';
import { fencePatch, isFenced } from '../marks/fence.js';
import { NoteRefusedError } from './note-refused-error.js';
import { presentPod } from './present-pod.js';

type NotedCluster = Pick<HooksCluster, 'pods'>;
type HookedPod = Pick<WritingPod, 'name' | 'uid'>;

/** The Pods in which hooks of an operation have run, or may have. */
export interface HookedPods {
  /** Absent where a former version began: then nothing is noted. */
  readonly fencingToken?: FencingToken | undefined;
  readonly namespace: Namespace;
  readonly pods: readonly HookedPod[];
}

/**
 * Leaves on each Pod that is still there the note that this operation lets it go on: hooks of before the cut that come later
 * find it and are refused.
 * @returns why it is refused on one of them; undefined: it is on each
 * @throws KubernetesApiError
 */
export function noteEndOfHooks(
  cluster: NotedCluster,
  hooked: HookedPods,
  signal: AbortSignal,
): Promise<NoteRefusedError | undefined> {
  return noteEach(cluster, hooked, { signal });
}

/**
 * Whether the note could be left, without leaving it: what could not be ended must not be begun.
 * @throws NoteRefusedError, KubernetesApiError
 */
export async function expectNotable(cluster: NotedCluster, hooked: HookedPods, signal: AbortSignal): Promise<void> {
  const refused = await noteEach(cluster, hooked, { signal, dryRun: true });
  if (refused !== undefined) throw refused;
}

async function noteEach(
  cluster: NotedCluster,
  { namespace, fencingToken, pods }: HookedPods,
  options: { readonly signal: AbortSignal; readonly dryRun?: boolean },
): Promise<NoteRefusedError | undefined> {
  const note = async (name: string, uid: string): Promise<void> => {
    const key = { namespace, name };
    const found = await cluster.pods.get(key, { signal: options.signal });
    const patch = found?.metadata.uid === uid ? fencePatch(found, fencingToken) : undefined;
    if (patch !== undefined) await cluster.pods.patch(key, patch, options);
  };
  const tryNote = async ({ name, uid }: HookedPod): Promise<NoteRefusedError | undefined> => {
    try {
      await retryOnConflict(() => note(name, uid), options.signal);
      return undefined;
    } catch (error) {
      // Gone in between: there is nothing to fence.
      return isApiError(error, 404) ? undefined : NoteRefusedError.ofAnswer(name, error);
    }
  };
  const refused = await Promise.all(pods.map(tryNote));
  return refused.find((one) => one !== undefined);
}

/** Whether this operation, or a later one, has begun to let these Pods go on: one of them has the note. @throws KubernetesApiError */
export async function isEndOfHooksNoted(
  cluster: HooksCluster,
  { namespace, fencingToken, pods }: HookedPods,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await Promise.all(pods.map((pod) => presentPod(cluster, namespace, pod, signal)));
  return found.some((pod) => pod !== undefined && isFenced(pod, fencingToken));
}
