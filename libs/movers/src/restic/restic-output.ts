import { z } from 'zod';

/** A line of `restic backup --json` that tells how far it has come (restic, doc/075_scripting.rst). */
const Status = z.object({
  message_type: z.literal('status'),
  bytes_done: z.number().int().nonnegative().default(0),
  files_done: z.number().int().nonnegative().default(0),
});

/** The same for `restic restore --json`. */
const RestoreStatus = z.object({
  message_type: z.literal('status'),
  bytes_restored: z.number().int().nonnegative().default(0),
  files_restored: z.number().int().nonnegative().default(0),
});

/** The last line of `restic backup --json`. */
export const BackupSummary = z.object({
  message_type: z.literal('summary'),
  snapshot_id: z.string().regex(/^[0-9a-f]{64}$/),
  data_added: z.number().int().nonnegative(),
  data_added_packed: z.number().int().nonnegative().optional().describe('since restic 0.17'),
});
export type BackupSummary = z.infer<typeof BackupSummary>;

/** `restic snapshots --json`. */
export const Snapshots = z.array(
  z.object({
    id: z.string().regex(/^[0-9a-f]{64}$/),
    time: z.string(),
    tags: z
      .array(z.string())
      .nullish()
      .transform((tags) => tags ?? []),
  }),
);
export type ResticSnapshot = z.infer<typeof Snapshots>[number];

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Reads the lines of a backup as they come. */
export function backupLine(line: string): { summary?: BackupSummary; bytesDone?: number; filesDone?: number } {
  const json = parsed(line);
  const summary = BackupSummary.safeParse(json);
  if (summary.success) return { summary: summary.data };
  const status = Status.safeParse(json);
  return status.success ? { bytesDone: status.data.bytes_done, filesDone: status.data.files_done } : {};
}

/** Reads the lines of a restore as they come. */
export function restoreLine(line: string): { bytesDone: number; filesDone: number } | undefined {
  const status = RestoreStatus.safeParse(parsed(line));
  if (!status.success) return undefined;
  return { bytesDone: status.data.bytes_restored, filesDone: status.data.files_restored };
}
