import { isAbsolute } from 'node:path';
import { moverSettings } from '@snapfleet/movers';
import { baseSettings } from '@snapfleet/service-kit';
import { z } from 'zod';

/** The settings of the restore verifier, as environment variables. */
export const verifierSettings = z.object({
  ...baseSettings.shape,
  ...moverSettings.shape,
  SNAPFLEET_SCRATCH_DIR: z
    .string()
    .refine(isAbsolute, 'must be an absolute path')
    .default('/var/lib/snapfleet/restore-verifier')
    .describe('where backups are restored to be compared: needs the room of the largest volume, on ext4 or xfs'),
  SNAPFLEET_RESTORE_DEADLINE_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .max(86_400)
    .default(600)
    .describe('how long a snapshot may take to be restored into a claim that a Pod uses'),
});
export type VerifierSettings = z.infer<typeof verifierSettings>;
