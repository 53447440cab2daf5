/** A bound on how much is done at a time. */
export class Slots {
  private taken = 0;
  private readonly queue: (() => void)[] = [];

  constructor(readonly size: number) {}

  /** Resolves with true when there is a free slot, which the caller must release; with false when aborted before. */
  async acquire(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return false;
    if (this.taken < this.size) {
      this.taken += 1;
      return true;
    }
    return new Promise((resolve) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        this.queue.splice(this.queue.indexOf(enter), 1);
        resolve(false);
      };
      this.queue.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives a slot back, to the one that has waited longest. */
  release(): void {
    const next = this.queue.shift();
    if (next === undefined) this.taken -= 1;
    else next();
  }
}
