/** Runs work one after the other: a device has few processors and one disk. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  /** Begins when all that was given before has ended, well or not; not at all when the signal is aborted by then. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.last;
    const mine = before.then(async () => {
      signal.throwIfAborted();
      return await work();
    });
    this.last = mine.catch(() => undefined);
    return await mine;
  }
}
