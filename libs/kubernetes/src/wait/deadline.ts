/** A moment by which a step of several waits must have ended. */
export class Deadline {
  readonly #endMs: number;

  private constructor(readonly totalMs: number) {
    this.#endMs = performance.now() + totalMs;
  }

  /** The moment that many seconds from now. */
  static inSeconds(seconds: number): Deadline {
    return new Deadline(seconds * 1000);
  }

  /** Milliseconds that are left; 0 when it has passed. */
  remainingMs(): number {
    return Math.max(0, this.#endMs - performance.now());
  }

  /** How long it was from the beginning, as people say it. */
  toString(): string {
    return `${String(this.totalMs / 1000)} s`;
  }
}
