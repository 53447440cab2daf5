interface ProgramFailure {
  readonly program: string;
  readonly argv: readonly string[];
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly timedOut?: boolean;
  readonly aborted?: boolean;
  readonly outputLimitExceeded?: boolean;
  readonly ended?: Promise<void>;
  readonly reason: string;
  readonly cause?: unknown;
}

const alreadyEnded = Promise.resolve();

/** A program that did not do what it was started for: what was started and what became of it. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly program: string;
  readonly argv: readonly string[];
  /** Undefined where it could not be started, was ended by a signal, or still runs. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The deadline passed. */
  readonly timedOut: boolean;
  /** The caller's signal was aborted. */
  readonly aborted: boolean;
  readonly outputLimitExceeded: boolean;
  /** Resolves when the process has ended; pending only after `onDeadline: 'leave'`. */
  readonly ended: Promise<void>;

  constructor(failure: ProgramFailure) {
    const said = (failure.stderr ?? '').trim().split('\n').slice(-5).join('; ').slice(0, 1000);
    super(
      `${failure.program} ${failure.reason}${said === '' ? '' : `: ${said}`}`,
      failure.cause === undefined ? undefined : { cause: failure.cause },
    );
    this.program = failure.program;
    this.argv = failure.argv;
    this.exitCode = failure.exitCode;
    this.signal = failure.signal;
    this.stdout = failure.stdout ?? '';
    this.stderr = failure.stderr ?? '';
    this.timedOut = failure.timedOut ?? false;
    this.aborted = failure.aborted ?? false;
    this.outputLimitExceeded = failure.outputLimitExceeded ?? false;
    this.ended = failure.ended ?? alreadyEnded;
  }
}
