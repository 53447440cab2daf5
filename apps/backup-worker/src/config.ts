import { isAbsolute } from 'node:path';
import { moverSettings } from '@snapfleet/movers';
import { baseSettings } from '@snapfleet/service-kit';
import { z } from 'zod';

/** The settings of the backup worker, as environment variables. */
export const workerSettings = z.object({
  ...baseSettings.shape,
  ...moverSettings.shape,
  SNAPFLEET_SCRATCH_DIR: z
    .string()
    .refine(isAbsolute, 'must be an absolute path')
    .default('/var/lib/snapfleet/backup-worker')
    .describe('where manifests are while a backup is made: about 300 bytes for each file of the volume'),
  SNAPFLEET_MAINTENANCE_HOURS: z.coerce
    .number()
    .min(0.1)
    .max(8760)
    .default(24)
    .describe('how often the space of removed backups is freed where that is work of its own (restic prune)'),
});
export type WorkerSettings = z.infer<typeof workerSettings>;
