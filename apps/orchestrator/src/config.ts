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
  SNAPFLEET_ORPHAN_SCAN_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(3600)
    .describe('how often it is looked for what is left over; 0: on demand only'),
  SNAPFLEET_ORPHAN_SETTLE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(600)
    .describe('what is younger than this is no orphan yet'),
  SNAPFLEET_ORPHAN_QUARANTINE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(365 * 86_400)
    .default(86_400)
    .describe('how long an orphan of ours is in quarantine before it may be purged'),
  SNAPFLEET_ORPHAN_PURGE: z
    .enum(['on-command', 'automatic'])
    .default('on-command')
    .describe('whether orphans of ours are purged after their quarantine by command only, or by themselves'),
  SNAPFLEET_FAILPOINT: z
    .string()
    .regex(failpointPattern, 'must be <phase>:<before|after>:<kill|hold|tell>, several with "," between')
    .optional()
    .describe('fault tests only: where the process kills itself, waits or tells; never set it on a device'),
});
export type OrchestratorSettings = z.infer<typeof OrchestratorSettings>;
