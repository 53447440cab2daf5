import { SnapfleetError } from '@snapfleet/contracts';
import {
  isEndOfHooksNoted,
  isHeld,
  missingHookRights,
  mostRefusedNotes,
  noteEndOfHooks,
  resumeProgress,
  ResumeWorkload,
  runAfterHooks,
  type HeldWorkload,
  type Resumed,
  type ResumeProgress,
} from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';
import type { Guarded } from '../timers/timer.js';

const longestText = 1024;

/**
 * How a workload comes back: one that was taken away is put back as it was, in one that hooks hold the hooks of after the cut
 * run; both by the same code as that of cluster-operator.
 */
export class Returns {
  private readonly workloads: ResumeWorkload;

  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {
    this.workloads = new ResumeWorkload(cluster, now);
  }

  /** How far somebody else has brought it back. That hooks have ended cannot be seen, only that they have begun. @throws KubernetesApiError */
  async progress({ workload, ...about }: Guarded, signal: AbortSignal): Promise<ResumeProgress> {
    if (!isHeld(workload)) return resumeProgress(this.cluster, { ...about, workload }, signal);
    const begun = await isEndOfHooksNoted(this.cluster, { ...about, pods: workload.pods }, signal);
    return begun ? 'begun' : 'none';
  }

  /**
   * @param refusedNotes how often the note on the Pods that hooks hold was refused before
   * @throws SnapfleetError workload_not_gone, hooks_unsupported, hook_failed (try again); KubernetesApiError
   */
  run({ workload, ...about }: Guarded, refusedNotes: number, signal: AbortSignal): Promise<Resumed> {
    if (!isHeld(workload)) return this.workloads.run({ ...about, workload }, signal);
    return this.letGoOn(about, workload, refusedNotes, signal);
  }

  /**
   * The note comes first: from then on no hook of before the cut begins any more. Where it is refused again and again the
   * timer itself is what refuses them: it cannot be armed any more.
   */
  private async letGoOn(
    about: Omit<Guarded, 'workload'>,
    { pods, after: hooks }: HeldWorkload,
    refusedNotes: number,
    signal: AbortSignal,
  ): Promise<Resumed> {
    const { namespace } = about;
    const refused = await noteEndOfHooks(this.cluster, { ...about, pods }, signal);
    if (refused !== undefined && refusedNotes + 1 < mostRefusedNotes) throw refused;
    await expectHookRights(this.cluster, namespace, signal);
    const failures = await runAfterHooks(this.cluster, { namespace, pods, hooks }, signal);
    const resumedAt = this.now().toISOString();
    if (failures.length === 0) return { resumedAt };
    return { resumedAt, conflict: `hooks after the cut failed: ${failures.join('; ')}`.slice(0, longestText) };
  }
}

/**
 * That the guard may run commands in Pods of a namespace at all.
 * @throws SnapfleetError hooks_unsupported; KubernetesApiError
 */
export async function expectHookRights(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const missing = await missingHookRights(cluster, namespace, signal);
  if (missing === undefined) return;
  const what = `workload-guard ${missing}; deploy/rbac/workload-guard-hooks.yaml says how to give it`;
  throw new SnapfleetError('hooks_unsupported', what);
}
