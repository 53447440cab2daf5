import { z } from 'zod';
import { baseSettings } from '@snapfleet/service-kit';

/** The settings of the orchestrator, read from the environment. */
export const OrchestratorSettings = z.object({
  ...baseSettings.shape,
  SNAPFLEET_JOURNAL: z
    .string()
    .min(1)
    .default('/var/lib/snapfleet/orchestrator/journal.sqlite')
    .describe('file of the journal; on a disk that keeps what was synced'),
});
export type OrchestratorSettings = z.infer<typeof OrchestratorSettings>;
