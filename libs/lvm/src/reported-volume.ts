import { SnapfleetError } from '@snapfleet/contracts';
import { z } from 'zod';

const bytes = z
  .string()
  .regex(/^\d+$/)
  .transform(Number)
  .refine((size) => Number.isSafeInteger(size));
/** Empty while the volume is inactive: then the pool does not tell. */
const percent = z
  .string()
  .regex(/^(\d+(\.\d+)?)?$/)
  .transform((value) => (value === '' ? undefined : Number(value)));
/** -1 while the volume is inactive. */
const deviceNumber = z
  .string()
  .regex(/^(-1|\d+)$/)
  .transform((value) => (value === '-1' ? undefined : Number(value)));

const Row = z
  .object({
    vg_name: z.string().min(1),
    lv_name: z.string().min(1),
    lv_uuid: z.string().min(1),
    lv_full_name: z.string().min(3),
    lv_path: z.string(),
    lv_dm_path: z.string(),
    lv_attr: z.string().min(10),
    lv_size: bytes,
    segtype: z.string().min(1),
    pool_lv: z.string(),
    origin: z.string(),
    data_percent: percent,
    metadata_percent: percent,
    lv_active: z.string(),
    lv_kernel_major: deviceNumber,
    lv_kernel_minor: deviceNumber,
    lv_health_status: z.string(),
    lv_check_needed: z.string(),
    lv_when_full: z.string(),
    chunk_size: bytes,
    zero: z.string(),
  })
  .transform((row) => ({
    volumeGroup: row.vg_name,
    logicalVolume: row.lv_name,
    lvUuid: row.lv_uuid,
    /** `<volume group>/<logical volume>`, as LVM commands take it. */
    fullName: row.lv_full_name,
    path: row.lv_path,
    deviceMapperPath: row.lv_dm_path,
    sizeBytes: row.lv_size,
    segmentType: row.segtype,
    pool: row.pool_lv,
    origin: row.origin,
    dataPercent: row.data_percent,
    metadataPercent: row.metadata_percent,
    // lv_permissions is "unknown" for an inactive volume; the attribute says what the metadata says.
    access: row.lv_attr.charAt(1).toLowerCase() === 'r' ? ('read-only' as const) : ('read-write' as const),
    active: row.lv_active.startsWith('active'),
    /** Something has its device open; also a mount in another namespace (lvs(8), lv_attr bit 6). */
    open: row.lv_attr.charAt(5) === 'o',
    /** Other volumes need it, as its copy-on-write snapshots or as the thin volumes of an external origin do (bit 1). */
    neededByOthers: /^[oO]/.test(row.lv_attr),
    device:
      row.lv_kernel_major === undefined || row.lv_kernel_minor === undefined
        ? undefined
        : { major: row.lv_kernel_major, minor: row.lv_kernel_minor },
    /** Empty while nothing is wrong; `unknown` where the kernel was not asked (lvmreport(7)). */
    healthStatus: row.lv_health_status,
    checkNeeded: row.lv_check_needed === 'check needed',
    whenFull: row.lv_when_full === 'error' ? ('error' as const) : ('queue' as const),
    /** 0 for what is no pool. */
    chunkBytes: row.chunk_size,
    zeroing: row.zero === 'zero',
  }));

/** A logical volume as `lvs` reports it. */
export type ReportedVolume = z.output<typeof Row>;

/** A row of a report that was not understood. */
export interface UnreadableRow {
  /** Undefined where not even that can be read. */
  readonly volumeGroup: string | undefined;
  readonly logicalVolume: string | undefined;
  readonly why: string;
}

/** A report of `lvs`. A row that is not understood takes none of the others with it. */
export interface VolumeReport {
  readonly volumes: readonly ReportedVolume[];
  readonly unreadable: readonly UnreadableRow[];
}

const Rows = z.object({ report: z.array(z.object({ lv: z.array(z.unknown()).default([]) })) });
const Named = z.object({
  vg_name: z.string().min(1).optional().catch(undefined),
  lv_name: z.string().min(1).optional().catch(undefined),
});
const GroupReport = z.object({
  report: z.array(z.object({ vg: z.array(z.object({ vg_name: z.string() })).default([]) })),
});

/**
 * Reads a report of `lvs` with the columns of `volumeColumns`.
 * @throws {SnapfleetError} lvm_failed when it is none.
 */
export function parseVolumes(stdout: string): VolumeReport {
  const volumes: ReportedVolume[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const given of parseReport('lvs', stdout, Rows).report.flatMap((part) => part.lv)) {
    const row = Row.safeParse(given);
    if (row.success) volumes.push(row.data);
    else unreadable.push(unreadableRow(given, row.error));
  }
  return { volumes, unreadable };
}

function unreadableRow(given: unknown, { issues: [issue] }: z.ZodError): UnreadableRow {
  const named = Named.safeParse(given);
  return {
    volumeGroup: named.data?.vg_name,
    logicalVolume: named.data?.lv_name,
    why: `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not a row'}`.slice(0, 512),
  };
}

/**
 * Reads the names of the volume groups from a report of `vgs`.
 * @throws {SnapfleetError} lvm_failed when it is none.
 */
export function parseVolumeGroupNames(stdout: string): readonly string[] {
  return parseReport('vgs', stdout, GroupReport).report.flatMap((part) => part.vg.map((group) => group.vg_name));
}

function parseReport<Output>(program: string, stdout: string, schema: z.ZodType<Output>): Output {
  try {
    return schema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new SnapfleetError('lvm_failed', `${program} wrote something that is not the report that was asked for`, {
      cause,
    });
  }
}
