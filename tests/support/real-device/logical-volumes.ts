import { z } from 'zod';

const Row = z
  .object({
    lv_name: z.string(),
    vg_name: z.string(),
    lv_attr: z.string().length(10),
    lv_size: z.string().regex(/^\d+$/),
    origin: z.string(),
    pool_lv: z.string(),
  })
  .transform((row) => ({
    name: row.lv_name,
    volumeGroup: row.vg_name,
    pool: row.pool_lv,
    origin: row.origin,
    sizeBytes: Number(row.lv_size),
    readOnly: row.lv_attr[1]?.toLowerCase() === 'r',
    active: row.lv_attr[4] === 'a',
    open: row.lv_attr[5] === 'o',
  }));

/** A thin logical volume; TopoLVM's handle is its name. */
export type ThinVolume = z.output<typeof Row>;

const Report = z.object({ report: z.array(z.object({ lv: z.array(Row) })) });

/** Arguments of `lvs` for `parseThinVolumes`. */
export const lvsArguments: readonly string[] = [
  '--reportformat',
  'json',
  '--units',
  'b',
  '--nosuffix',
  '--options',
  'lv_name,vg_name,lv_attr,lv_size,origin,pool_lv',
  '--select',
  'segtype=thin',
];

export function parseThinVolumes(output: string): readonly ThinVolume[] {
  return Report.parse(JSON.parse(output)).report.flatMap((part) => part.lv);
}
