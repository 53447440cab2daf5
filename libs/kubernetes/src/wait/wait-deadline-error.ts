/** What was awaited did not come in time; `lastSeen` is what there was at the end. */
export class WaitDeadlineError extends Error {
  override readonly name = 'WaitDeadlineError';

  constructor(
    message: string,
    readonly lastSeen: readonly unknown[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
