import { GuardReport, type ReplyOf } from '@snapfleet/contracts';
import type { WorkloadGuard } from '@snapfleet/workloads';

const patienceMs = 2_000;

/** Tells whether the workload guard answers, and what it watches over. */
export class ReportGuardUseCase {
  constructor(private readonly guard: WorkloadGuard) {}

  /** @throws SnapfleetError guard_unavailable */
  async run(signal: AbortSignal): Promise<ReplyOf<typeof GuardReport>> {
    const timers = await this.guard.list({ patienceMs, signal });
    const count = (wanted: string): number => timers.filter(({ state }) => state === wanted).length;
    return { armed: count('armed'), firing: count('firing') };
  }
}
