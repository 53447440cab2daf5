/** A command in a Pod did not end in time: its connection was ended, and nothing tells whether the process still runs. */
export class ExecDeadlineError extends Error {
  override readonly name = 'ExecDeadlineError';

  constructor(
    message: string,
    /** The end of what it had written by then. */
    readonly stdout: string,
    readonly stderr: string,
  ) {
    super(message);
  }
}
