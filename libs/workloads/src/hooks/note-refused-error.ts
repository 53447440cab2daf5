import { SnapfleetError } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';

/** How often the note is tried where it is refused: from this refusal on the hooks after the cut run without it. */
export const mostRefusedNotes = 3;

/** The API server answers, and does not take the note on a Pod: a policy, a webhook or a missing right is against it. */
export class NoteRefusedError extends SnapfleetError {
  constructor(pod: string, cause: KubernetesApiError) {
    const what = `the API server refuses the note on Pod ${pod}: ${cause.message}`;
    super('hooks_unsupported', what, { cause, retryable: cause.passing });
  }

  /** @throws what was thrown, where it is no such answer */
  static ofAnswer(pod: string, thrown: unknown): NoteRefusedError {
    const answered = thrown instanceof KubernetesApiError && thrown.status !== 0 && thrown.status !== 409;
    if (!answered) throw thrown;
    return new NoteRefusedError(pod, thrown);
  }
}
