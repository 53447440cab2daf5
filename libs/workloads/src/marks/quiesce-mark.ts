import type { KubernetesObject } from '@snapfleet/kubernetes';
import { FencingToken } from '@snapfleet/contracts';
import { z } from 'zod';
import { workloadAnnotation } from './workload-annotations.js';

const QuiesceMark = z.object({
  operationId: z.string(),
  /** Marks of former versions have none. */
  fencingToken: FencingToken.optional(),
  replicas: z.number().int().nonnegative(),
  /** How long it may be away; marks of former versions say nothing. */
  maximumDowntimeSeconds: z.number().int().positive().optional(),
  /** When it has to be back, by the clock of the device. */
  dueAt: z.iso.datetime({ offset: true }).optional(),
});

/** What is written on a workload before it is scaled to 0: who did it, how many replicas it had, when it has to be back. */
export type QuiesceMark = z.infer<typeof QuiesceMark>;

/** The mark on a workload; a mark that cannot be read counts as none, for then its replicas are not known. */
export function readQuiesceMark(workload: KubernetesObject): QuiesceMark | undefined {
  const text = workload.metadata.annotations?.[workloadAnnotation.quiesced];
  if (text === undefined) return undefined;
  try {
    return QuiesceMark.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The merge patch that sets the mark, or takes it away, on exactly this version of the workload. */
export function markPatch(workload: KubernetesObject, mark: QuiesceMark | undefined): object {
  const { uid, resourceVersion } = workload.metadata;
  const value = mark === undefined ? null : JSON.stringify(mark);
  return { metadata: { uid, resourceVersion, annotations: { [workloadAnnotation.quiesced]: value } } };
}
