import { SnapfleetError, VolumeRestore, type DataOf } from '@snapfleet/contracts';
import {
  describePod,
  hasEnded,
  isApiError,
  isReady,
  isTerminating,
  keyOf,
  orOnDeadline,
  type Deadline,
  type Pod,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import { isOurs } from '../marks/marks.js';
import { consumerLabels, consumerPodManifest, consumerPodName } from './consumer-pod.js';
import type { AssertionOutcome } from './restored-claim.js';

type Command = DataOf<typeof VolumeRestore>;

/** What timeout(1) ends with. */
const timedOutExitCode = 124;
const longestMessage = 4096;

/** The Pod that uses a restored claim, from its creation to its end. */
export class Consumer {
  constructor(
    private readonly cluster: Cluster,
    private readonly idleImage: string,
  ) {}

  /** Creates the Pod, or takes over the one of an earlier run. @throws SnapfleetError not_ours, consumer_not_ready */
  async start(command: Command, signal: AbortSignal): Promise<Pod> {
    const { namespace } = command;
    const key = { namespace, name: consumerPodName(command.targetClaim) };
    try {
      return await this.cluster.pods.create(namespace, consumerPodManifest(command, this.idleImage), { signal });
    } catch (error) {
      if (isApiError(error, 403) || isApiError(error, 422)) {
        // Pod security admission or a quota: no later try of the same Pod can pass.
        const what = `Pod ${namespace}/${key.name} was refused: ${error.message}`;
        throw new SnapfleetError('consumer_not_ready', what, { cause: error, retryable: false });
      }
      if (!isApiError(error, 409, 'AlreadyExists')) throw error;
    }
    const existing = await this.cluster.pods.get(key, { signal });
    if (existing !== undefined && isOurs(existing, consumerLabels(command.operationId))) return existing;
    throw new SnapfleetError('not_ours', `Pod ${namespace}/${key.name} exists and was not made by this operation`);
  }

  /**
   * Waits until the Pod is Ready or, with an assertion, has ended.
   * @throws SnapfleetError consumer_not_ready with the state of the Pod
   */
  async awaitUse(
    pod: Pod,
    command: Command,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<AssertionOutcome | undefined> {
    let last = pod;
    const decide = (found: Pod | undefined): { readonly outcome: AssertionOutcome | undefined } | undefined => {
      if (found?.metadata.uid !== pod.metadata.uid || isTerminating(found)) {
        throw new SnapfleetError('consumer_not_ready', `Pod ${pod.metadata.name} was deleted by somebody else`);
      }
      last = found;
      if (command.assertion !== undefined) return hasEnded(found) ? { outcome: outcomeOf(found) } : undefined;
      if (hasEnded(found)) throw new SnapfleetError('consumer_not_ready', `${describePod(found)} ended by itself`);
      return isReady(found) ? { outcome: undefined } : undefined;
    };
    const options = { deadlineMs: deadline.remainingMs(), signal };
    const { outcome } = await orOnDeadline(this.cluster.pods.waitFor(keyOf(pod), decide, options), async (cause) => {
      const wanted = command.assertion === undefined ? 'Ready' : 'at its end';
      const what = `${describePod(last)} was not ${wanted} within ${deadline.toString()}`;
      const message = sentence(what, ...(await recentWarnings(this.cluster, last)));
      return new SnapfleetError('consumer_not_ready', message, { cause });
    });
    return outcome;
  }
}

/** How the assertion ended; a Pod that never got as far as an exit code has no outcome but an error. */
function outcomeOf(pod: Pod): AssertionOutcome {
  const ended = pod.status?.containerStatuses?.find(({ name }) => name === 'consumer')?.state?.terminated;
  if (pod.status?.reason === 'DeadlineExceeded') {
    const message = sentence('the assertion did not end in its time', pod.status.message, ended?.message);
    return { exitCode: timedOutExitCode, message: message.slice(0, longestMessage) };
  }
  if (ended !== undefined) return { exitCode: ended.exitCode, message: lastWords(ended).slice(0, longestMessage) };
  if (pod.status?.phase === 'Succeeded') return { exitCode: 0, message: '' };
  // It was turned away or evicted: the same Pod would fare the same.
  throw new SnapfleetError('consumer_not_ready', `${describePod(pod)} ended without an exit code`, {
    retryable: false,
  });
}

function lastWords({ message, reason }: { message?: string | undefined; reason?: string | undefined }): string {
  return message ?? (reason === 'Completed' ? '' : (reason ?? ''));
}
