import { baseSettings } from '@snapfleet/service-kit';
import { z } from 'zod';
import { failpointPattern } from './privileged/failpoint.js';

const absolutePath = z
  .string()
  .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, 'must be an absolute path of letters, digits, "." "_" and "-"');
const ordinaryId = z.coerce.number().int().min(1, 'must not be root').max(4_294_967_294).default(64_738);

/** The settings of host-lvm, as environment variables. */
export const hostSettings = z.object({
  ...baseSettings.shape,
  SNAPFLEET_STATE_DIR: absolutePath
    .default('/var/lib/snapfleet/host-lvm')
    .describe('where the journal of leases is; must survive a restart of the service'),
  SNAPFLEET_RUN_DIR: absolutePath
    .max(200)
    .default('/run/snapfleet/host-lvm')
    .describe('where volumes are mounted, each in a mount namespace of its own'),
  SNAPFLEET_READER_UID: ordinaryId.describe('user of the services that read the volumes'),
  SNAPFLEET_READER_GID: ordinaryId.describe('group of the services that read the volumes'),
  SNAPFLEET_VOLUME_GROUPS: z
    .string()
    .regex(/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*(,[A-Za-z0-9+_.][A-Za-z0-9+_.-]*)*$/, 'must be names with "," between')
    .transform((names) => names.split(','))
    .optional()
    .describe('the volume groups that are looked at; default: all'),
  SNAPFLEET_LVM_DEADLINE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('how long one LVM or mount command may take'),
  SNAPFLEET_SWEEP_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('how often what a failed step left behind is looked for'),
  SNAPFLEET_LVMD_CONFIG: absolutePath
    .optional()
    .describe(
      'lvmd.yaml, which tells what TopoLVM allows; default: where MicroShift has it, else where TopoLVM has it',
    ),
  SNAPFLEET_FAILPOINT: z
    .string()
    .regex(failpointPattern, 'must be <effect>:<before|during|after>:<kill|stop>, several with "," between')
    .optional()
    .describe('for fault tests: at the named point this process kills or stops itself'),
});
export type HostSettings = z.infer<typeof hostSettings>;
