import type { Hook } from '@snapfleet/contracts';
import { ExecDeadlineError, KubernetesApiError, type ObjectKey } from '@snapfleet/kubernetes';
import type { HooksCluster } from '../access/hooks-access.js';

/** How one run of a hook in one container ended. */
export type HookOutcome =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  /** Its connection was ended; the process may go on in the container. */
  | { readonly kind: 'late'; readonly stdout: string; readonly stderr: string }
  /** It was not started, or nothing is known of its end. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Runs a hook in a container, once. @throws the signal's reason */
export async function runHook(
  cluster: HooksCluster,
  key: ObjectKey,
  container: string,
  { command, timeoutSeconds }: Hook,
  signal: AbortSignal,
): Promise<HookOutcome> {
  try {
    const ended = await cluster.pods.exec(key, { container, command }, { deadlineMs: timeoutSeconds * 1000, signal });
    return { kind: 'exited', ...ended };
  } catch (error) {
    if (error instanceof ExecDeadlineError) return { kind: 'late', stdout: error.stdout, stderr: error.stderr };
    if (error instanceof KubernetesApiError) return { kind: 'unknown', why: error.message };
    throw error;
  }
}
