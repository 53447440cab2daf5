import { ErrorDetail, Orphan, VolumeHandle } from '@snapfleet/contracts';
import { z } from 'zod';

const proof = z.array(z.string());
const options = {
  orphan: Orphan,
  dryRun: z.boolean(),
  releaseFinalizers: z.boolean(),
  cause: z.enum(['command', 'automatic']),
  attempt: z.number().int().positive(),
};

/**
 * The states of a purge: prove that nothing refers to the orphan, remove it, ask LVM whether its logical volume is gone. A
 * state is stored before its step runs; a proof that has become old is made again.
 */
export const PurgeState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('proving'), ...options }),
  z.object({ phase: z.literal('removing'), ...options, proof, provenAt: z.iso.datetime({ offset: true }) }),
  z.object({ phase: z.literal('confirming'), ...options, proof, volumeHandle: VolumeHandle }),
  z.object({ phase: z.literal('ended'), error: ErrorDetail.optional() }),
]);
export type PurgeState = z.infer<typeof PurgeState>;
/** What every state of a purge that goes on has. */
export type PurgeOptions = z.infer<z.ZodObject<typeof options>>;
