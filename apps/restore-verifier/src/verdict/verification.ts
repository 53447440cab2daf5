import {
  eventIdFor,
  RestoreFailed,
  type RestorePointId,
  RestoreVerified,
  type SnapfleetError,
  type VerifyLevel,
  type VolumeReference,
} from '@snapfleet/contracts';
import { errorOf, type EventSink, OneAtATime } from '@snapfleet/movers';
import { failedVerdict, type Verdict } from './verdict.js';

/** What is to be proven, by the message of this id. */
export interface Subject extends VolumeReference {
  readonly restorePointId: RestorePointId;
  readonly level: VerifyLevel;
  readonly mover?: string;
  readonly messageId: string;
}

/** One attempt at a message. */
export interface Attempt {
  readonly signal: AbortSignal;
  readonly lastAttempt: boolean;
}

export interface VerificationParts {
  readonly events: EventSink;
  readonly warn: (event: string, fields: Record<string, unknown>) => void;
  readonly nowMs: () => number;
}

/**
 * Proves one thing after the other and tells the verdict. An error that may pass is thrown, so that the message is
 * delivered again; any other, and every error of the last attempt, is a verdict, but none of an attempt that was stopped.
 * The ids of the events are made of the message, so that a redelivered one tells the same fact.
 */
export class Verification {
  private readonly queue = new OneAtATime();

  constructor(private readonly parts: VerificationParts) {}

  async run(subject: Subject, attempt: Attempt, prove: () => Promise<Verdict>): Promise<void> {
    const startedMs = this.parts.nowMs();
    let verdict: Verdict;
    try {
      verdict = await this.queue.run(attempt.signal, prove);
    } catch (thrown) {
      verdict = this.verdictOnError(subject, attempt, errorOf(thrown, attempt.signal));
    }
    await this.tell(subject, verdict, Math.round(this.parts.nowMs() - startedMs));
  }

  /** Tells that a message was given up, for this reason, before there was a verdict. */
  async abandon(subject: Subject, reason: SnapfleetError): Promise<void> {
    await this.tell(subject, failedVerdict(reason), 0);
  }

  private verdictOnError(subject: Subject, { lastAttempt, signal }: Attempt, error: SnapfleetError): Verdict {
    const { restorePointId, level, mover } = subject;
    this.parts.warn('verification.attempt-failed', { restorePointId, level, mover, error: error.toDetail() });
    // What fails while the service stops says nothing of the restore point, be it the last attempt.
    if (signal.aborted || (error.retryable && !lastAttempt)) throw error;
    return failedVerdict(error);
  }

  private async tell(subject: Subject, verdict: Verdict, durationMs: number): Promise<void> {
    const { restorePointId, namespace, persistentVolumeClaim, level, mover, messageId } = subject;
    const about = {
      restorePointId,
      namespace,
      persistentVolumeClaim,
      level,
      ...(mover === undefined ? {} : { mover }),
    };
    const definition = verdict.kind === 'verified' ? RestoreVerified : RestoreFailed;
    const id = eventIdFor(restorePointId, definition.name, level, mover ?? '', messageId);
    const context = { id, subject: `${namespace}/${persistentVolumeClaim}` };
    if (verdict.kind === 'verified') {
      const { kind: _kind, ...proof } = verdict;
      const data = { ...about, ...proof, durationMs };
      await this.parts.events.publish(RestoreVerified, data, context);
    } else {
      const { error, differences, differenceCount } = verdict;
      const data = { ...about, error: error.toDetail(), differences: [...differences], differenceCount };
      await this.parts.events.publish(RestoreFailed, data, context);
    }
  }
}
