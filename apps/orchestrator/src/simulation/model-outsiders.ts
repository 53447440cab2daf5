import type { ModelWorkload } from './model-workload.js';
import { originalReplicas } from './model-workload.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

interface ForeignPod {
  readonly uid: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

const mostPods = 4;
const scaledTo = 1;
const patienceMs = 5_000;

/** Others who use the claims, or change the workload. Their Pods are still listed when they have ended. */
export class ModelOutsiders {
  private readonly pods: readonly ForeignPod[];

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly often: number,
  ) {
    const pods = Array.from({ length: often === 0 ? 0 : mostPods }, (_, index) => this.pod(index));
    this.pods = pods.filter(() => random.happens(often));
  }

  /** Whether one of their Pods writes now. */
  get write(): boolean {
    return this.pods.some((pod) => this.runs(pod));
  }

  /** When the Pods that run now have ended. */
  get goneAtMs(): number {
    return Math.max(0, ...this.pods.filter((pod) => this.runs(pod)).map(({ untilMs }) => untilMs));
  }

  get endedPodUids(): string[] {
    return this.pods.filter(({ untilMs }) => untilMs <= this.time.elapsedMs).map(({ uid }) => uid);
  }

  /** Their Pods that are there and had not ended before. */
  suspects(endedPodUids: readonly string[]): string[] {
    const came = this.pods.filter(({ fromMs }) => fromMs <= this.time.elapsedMs);
    return came.filter(({ uid }) => !endedPodUids.includes(uid)).map(({ uid }) => `Pod ${uid}`);
  }

  /** What they may do to a workload that is away now. */
  mayScale(workload: ModelWorkload): void {
    if (this.often === 0 || !this.random.happens(this.often)) return;
    this.time.after(this.random.between(0, 30_000), () => {
      if (!workload.marked || workload.replicas !== 0) return;
      const version = workload.scaleFromOutside(scaledTo);
      this.time.after(this.random.between(1, 10_000), () => this.scaleBack(workload, version));
    });
  }

  /** Who finds it changed meanwhile wants it as it was at first, once nobody holds it. */
  private scaleBack(workload: ModelWorkload, version: number): void {
    if (workload.version === version) workload.scaleFromOutside(0);
    else if (workload.marked || workload.replicas === 0)
      this.time.after(patienceMs, () => this.scaleBack(workload, version));
    else if (workload.replicas !== originalReplicas) workload.scaleFromOutside(originalReplicas);
  }

  private pod(index: number): ForeignPod {
    const fromMs = this.random.between(0, 120_000);
    const untilMs = fromMs + this.random.between(1, 20_000);
    return { uid: `foreign-${String(index)}`, fromMs, untilMs };
  }

  private runs({ fromMs, untilMs }: ForeignPod): boolean {
    return fromMs <= this.time.elapsedMs && this.time.elapsedMs < untilMs;
  }
}
