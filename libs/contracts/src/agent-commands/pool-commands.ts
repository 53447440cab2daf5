import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';
import { Bytes, VolumeHandle } from '../identifiers.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { SnapshotReady } from '../events/snapshot-events.js';
import { LogicalVolumeFacts } from './host-commands.js';

/** What is wrong with a thin pool, the worst first: all but `ok` mean that no snapshot should be made. */
export const poolHealths = [
  'failed',
  'needs-check',
  'metadata-full',
  'read-only',
  'data-full',
  'inactive',
  'ok',
] as const;

/** What lvmd would still promise from a pool (topolvm/topolvm internal/lvmd/command/lvm.go, ThinPoolUsage.FreeBytes). */
export const VirtualBudget = z.object({
  deviceClass: z.string().max(63),
  overprovisionRatio: z.number().min(1),
  freeBytes: Bytes.describe('floor(ratio x size) less virtualBytes; a volume or snapshot is charged its full size'),
});
export type VirtualBudget = z.infer<typeof VirtualBudget>;

/** A thin pool as `lvs` and the configuration of lvmd tell it. */
export const ThinPoolFacts = z.object({
  volumeGroup: z.string().max(128),
  pool: z.string().max(128),
  sizeBytes: Bytes,
  dataPercent: z.number().optional().describe('absent while LVM does not know, as when the pool is not active'),
  metadataPercent: z.number().optional().describe('absent while LVM does not know, as when the pool is not active'),
  virtualBytes: Bytes.describe('sum of the sizes of its thin volumes'),
  health: z
    .enum(poolHealths)
    .describe('the worst that is true; `metadata-full` and `data-full` are what LVM says or 100 %'),
  chunkBytes: Bytes.describe('the pool gives out its data in pieces of this size'),
  zeroing: z.boolean().describe('false: a new chunk shows what its last owner left in it'),
  whenFull: z.enum(['queue', 'error']).describe('what becomes of writes while no data is free'),
  budget: VirtualBudget.optional().describe('absent where no device class of lvmd is known for the pool'),
});
export type ThinPoolFacts = z.infer<typeof ThinPoolFacts>;

/** A device class of lvmd: where TopoLVM makes the volumes of a StorageClass. */
export const DeviceClassFacts = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('thin'),
    name: z.string().max(63),
    volumeGroup: z.string().max(128),
    default: z.boolean(),
    pool: z.string().max(128),
    overprovisionRatio: z.number().min(1),
  }),
  z.object({
    type: z.literal('thick'),
    name: z.string().max(63),
    volumeGroup: z.string().max(128),
    default: z.boolean(),
    spareBytes: Bytes.describe('kept free in the volume group'),
  }),
]);
export type DeviceClassFacts = z.infer<typeof DeviceClassFacts>;

/** What is known of the configuration of lvmd. */
export const LvmdFacts = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('known'),
    path: z.string().max(4096),
    deviceClasses: z.array(DeviceClassFacts).max(64),
  }),
  z.object({ state: z.literal('absent') }),
  z.object({ state: z.literal('unreadable'), path: z.string().max(4096), message: z.string().max(1024) }),
]);
export type LvmdFacts = z.infer<typeof LvmdFacts>;

export const PoolReport = defineAgentCommand({
  name: 'pool.report',
  summary: 'Tell how full and how healthy the thin pools of this host are, and what TopoLVM would still promise.',
  from: ['orchestrator'],
  to: ['host-lvm'],
  data: z.object({}),
  reply: z.object({
    pools: z.array(ThinPoolFacts).max(64),
    lvmd: LvmdFacts,
    leases: z.number().int().nonnegative(),
  }),
  errors: ['lvm_failed'],
  example: {},
});

const percent = z.number().gt(0).max(100);

/** From where on a pool is too full for another snapshot. */
export const PoolThresholds = z.object({ dataPercent: percent.default(80), metadataPercent: percent.default(80) });
export type PoolThresholds = z.infer<typeof PoolThresholds>;

/** One of the volumes that were asked for. */
export const SurveyedVolume = z.object({
  volumeHandle: VolumeHandle,
  logicalVolume: LogicalVolumeFacts.optional().describe('absent where it was not found, or is not thin'),
  pool: ThinPoolFacts.optional().describe('its thin pool'),
  snapshotsLeft: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('how many more snapshots of it the virtual budget allows; absent where the budget is not known'),
});
export type SurveyedVolume = z.infer<typeof SurveyedVolume>;

export const VolumeSurvey = defineAgentCommand({
  name: 'volume.survey',
  summary:
    'Find what on the host would keep these volumes from being snapshotted now, all of them in one go: absent, thick, or a pool that is full or not healthy.',
  from: ['orchestrator'],
  to: ['host-lvm'],
  data: z.object({
    volumeHandles: z.array(VolumeHandle).min(1).max(16),
    thresholds: PoolThresholds.prefault({}).describe('a pool that is filled so far has no room for another snapshot'),
  }),
  reply: z.object({
    volumes: z.array(SurveyedVolume).max(16).describe('in the order of the handles, each once'),
    findings: z
      .array(ErrorDetail)
      .describe(
        'empty: nothing stands against it; codes volume_not_found, volume_ambiguous, thick_device_class, pool_headroom_missing, pool_unhealthy, lvm_failed',
      ),
  }),
  errors: ['lvm_failed'],
  example: { volumeHandles: [SnapshotReady.example.snapshot.snapshotHandle] },
});
