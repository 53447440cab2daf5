import { SnapfleetError } from '@snapfleet/contracts';
import { KubernetesApiError, WaitDeadlineError } from '@snapfleet/kubernetes';

/** What the caller of a use case is told; a use case gives its own code to everything that it expects. */
export function asSnapfleetError(thrown: unknown): SnapfleetError {
  if (thrown instanceof KubernetesApiError) {
    const retryable = thrown.passing || thrown.status === 409;
    return new SnapfleetError('internal', thrown.message, { cause: thrown, retryable });
  }
  if (thrown instanceof WaitDeadlineError) {
    return new SnapfleetError('deadline_exceeded', thrown.message, { cause: thrown });
  }
  if (thrown instanceof DOMException && thrown.name === 'AbortError') return interrupted(thrown);
  if (thrown instanceof Error && thrown.name === 'AbortError') return interrupted(thrown);
  return SnapfleetError.from(thrown);
}

/** Runs a use case and translates what it throws. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asSnapfleetError(error);
  }
}

const interrupted = (cause: Error): SnapfleetError =>
  new SnapfleetError('interrupted', 'the cluster operator stopped while it worked on this', { cause });
