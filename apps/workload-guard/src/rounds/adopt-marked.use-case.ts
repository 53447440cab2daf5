import { Namespace, OperationId, SavedWorkload } from '@snapfleet/contracts';
import { controllerOf, keyOf, ScalableKind, type ScalableWorkload } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { readQuiesceMark, type QuiescedWorkload, type QuiesceMark } from '@snapfleet/workloads';
import type { Report } from '../bring-back/bring-back.js';
import type { BootClock } from '../time/boot-clock.js';
import { aboutOf, isOpen } from '../timers/timer.js';
import type { Timers } from '../timers/timers.js';

/** For marks of a version that wrote no time on them; the default of the policy. */
const defaultDowntimeMs = 900_000;

/** A Deployment hands its annotations on to its ReplicaSets, where the mark means nothing. */
const handsOnAnnotations: ReadonlySet<string> = new Set(['Deployment', 'DeploymentConfig']);

interface Marked {
  readonly quiesced: QuiescedWorkload;
  readonly mark: QuiesceMark;
}

/**
 * The second source of timers: whatever carries a quiesce mark has to have one. It finds what the guard's own file has
 * lost, and what came back and was lost again with the last writes of the API server.
 */
export class AdoptMarkedUseCase {
  constructor(
    private readonly timers: Timers,
    private readonly cluster: Cluster,
    private readonly clock: BootClock,
    private readonly report: Report,
  ) {}

  /** @returns how many workloads were taken on. @throws KubernetesApiError */
  async run(signal: AbortSignal): Promise<number> {
    let adopted = 0;
    for (const kind of ScalableKind.options) {
      for (const found of await this.cluster.workloads[kind].list({}, { signal })) {
        const marked = markedWorkload(kind, found);
        if (marked !== undefined && (await this.adopt(marked, found, signal))) adopted += 1;
      }
    }
    return adopted;
  }

  /** The list may be older than the timers, so that the workload is read again, and the timer looked at before and after. */
  private async adopt({ quiesced, mark }: Marked, found: ScalableWorkload, signal: AbortSignal): Promise<boolean> {
    const { operationId, workload } = quiesced;
    const key = { operationId, workloadUid: workload.uid };
    const before = this.timers.find(key);
    if (isOpen(before) || workload.kind === 'Pod') return false;
    const fresh = await this.cluster.workloads[workload.kind].get(keyOf(found), { signal });
    if (fresh?.metadata.uid !== workload.uid || readQuiesceMark(fresh)?.operationId !== operationId) return false;
    if (this.timers.find(key)?.state !== before?.state) return false;
    // An operation that has ended took its mark away: that it is there again means that what it did was lost.
    const leftMs = before === undefined ? this.leftMs(mark) : 0;
    this.timers.adopt(quiesced, leftMs);
    this.report('warn', 'timer.adopted', { ...aboutOf(quiesced), leftMs });
    return true;
  }

  private leftMs({ dueAt, maximumDowntimeSeconds }: QuiesceMark): number {
    const mostMs = maximumDowntimeSeconds === undefined ? defaultDowntimeMs : maximumDowntimeSeconds * 1000;
    if (dueAt === undefined) return mostMs;
    return Math.min(Math.max(Date.parse(dueAt) - this.clock.now().getTime(), 0), mostMs);
  }
}

function markedWorkload(kind: ScalableKind, found: ScalableWorkload): Marked | undefined {
  const mark = readQuiesceMark(found);
  if (mark === undefined || handsOnAnnotations.has(controllerOf(found)?.kind ?? '')) return undefined;
  const { name, namespace, uid } = found.metadata;
  const operationId = OperationId.safeParse(mark.operationId);
  const workload = SavedWorkload.safeParse({ kind, name, uid, replicas: mark.replicas });
  const place = Namespace.safeParse(namespace);
  if (!operationId.success || !workload.success || !place.success) return undefined;
  const { fencingToken } = mark;
  const quiesced = { operationId: operationId.data, fencingToken, namespace: place.data, workload: workload.data };
  return { mark, quiesced };
}
