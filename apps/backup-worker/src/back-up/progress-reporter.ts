import type { Progress } from './backup-announcer.js';

const everyMs = 15_000;

/** Passes progress on a few times a minute. Progress that cannot be told is lost: nothing waits for it. */
export class ProgressReporter {
  private nextMs: number;

  constructor(
    private readonly tell: (progress: Progress) => Promise<void>,
    private readonly nowMs: () => number,
  ) {
    this.nextMs = nowMs() + everyMs;
  }

  report(progress: Progress): void {
    const nowMs = this.nowMs();
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + everyMs;
    this.tell(progress).catch(() => undefined);
  }
}
