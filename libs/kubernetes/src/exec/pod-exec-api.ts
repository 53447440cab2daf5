import type { Pod } from '../objects/pod.js';
import type { ResourceApi, WaitOptions } from '../resources/resource-api.js';
import type { ObjectKey } from '../resources/resource-definition.js';

/** A program with its arguments for a container of a Pod; there is no shell, no standard input and no terminal. */
export interface PodCommand {
  readonly container: string;
  readonly command: readonly string[];
}

/** How a command ended. Of each stream the last 8 KiB are kept. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The Pods of a cluster, and commands in them. */
export interface PodApi extends ResourceApi<Pod> {
  /**
   * Runs a command in a container through the API server (`pods/exec`) and waits for its end. The request names the Pod,
   * not its uid: who means one Pod looks at it before and after. That the deadline passes or the signal aborts ends the
   * connection; the process in the container is not ended by that (neither containerd nor CRI-O do it), so it may go on.
   * @throws ExecDeadlineError; KubernetesApiError where the API server or the container runtime did not run it, or where
   * the connection broke (status 0), which leaves open how it ended; the signal's reason
   */
  exec(key: ObjectKey, wish: PodCommand, options: WaitOptions): Promise<ExecResult>;
}
