import { kubernetesSettings, serviceSettings } from '@snapfleet/service-kit';
import { z } from 'zod';

const absolutePath = z.string().regex(/^\/.{0,4095}$/, 'must be an absolute path');

/** The settings of the workload guard, read from the environment. */
export const WorkloadGuardSettings = z.object({
  ...serviceSettings.shape,
  SNAPFLEET_STATE_DIR: absolutePath
    .default('/var/lib/snapfleet/workload-guard')
    .describe('where the timers are; on a disk that keeps what was synced, and readable by nobody else'),
  SNAPFLEET_GUARD_SOCKET: z
    .string()
    .regex(/^\/.{1,106}$/, 'must be an absolute path of at most 107 characters')
    .default('/run/snapfleet/workload-guard/guard.sock')
    .describe('where cluster-operator arms and disarms; open to the group of this process only'),
  ...kubernetesSettings.shape,
  SNAPFLEET_LONGEST_DOWNTIME_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(86_400)
    .describe('no workload of this device is away for longer, whatever its command allows'),
  SNAPFLEET_ROUND_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('how often workloads with a quiesce mark are looked for that have no timer'),
});
export type WorkloadGuardSettings = z.infer<typeof WorkloadGuardSettings>;
