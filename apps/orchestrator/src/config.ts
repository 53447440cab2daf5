import { z } from 'zod';
import { baseSettings } from '@snapfleet/service-kit';
import { failpointPattern } from './operations/failpoint.js';

/** The settings of the orchestrator, read from the environment. */
export const OrchestratorSettings = z.object({
  ...baseSettings.shape,
  SNAPFLEET_JOURNAL: z
    .string()
    .min(1)
    .default('/var/lib/snapfleet/orchestrator/journal.sqlite')
    .describe('file of the journal; on a disk that keeps what was synced'),
  SNAPFLEET_RECOVERY_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('how often it looks whether the streams still carry what the journal remembers'),
  SNAPFLEET_FAILPOINT: z
    .string()
    .regex(failpointPattern, 'must be <phase>:<before|after>:<kill|hold|tell>, several with "," between')
    .optional()
    .describe('fault tests only: where the process kills itself, waits or tells; never set it on a device'),
});
export type OrchestratorSettings = z.infer<typeof OrchestratorSettings>;
