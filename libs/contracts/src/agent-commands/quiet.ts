import { z } from 'zod';
import { ObjectUid, OperationId, PodUid } from '../identifiers.js';
import { Workload } from '../snapshot-policy.js';

/** How many Pods that have ended are told; one that is not told counts as one that ended later. */
export const mostEndedPods = 256;
export const EndedPods = z
  .array(ObjectUid)
  .max(mostEndedPods)
  .describe('Pods that name the claim and had ended: they will not write any more');

/** What keeps a volume quiet during its cut, so that it can be seen afterwards whether it did. */
export const Quiet = z.object({
  operationId: OperationId,
  podUids: z.array(PodUid).max(64).default([]).describe('Pods that may use the claim: frozen, or held by hooks'),
  endedPodUids: EndedPods.default([]),
  workload: z
    .object({
      ...Workload.shape,
      uid: ObjectUid,
      generation: z.number().int().optional().describe('absent: not known'),
    })
    .optional()
    .describe('it was taken away'),
});
export type Quiet = z.infer<typeof Quiet>;
