import { Bytes, Digest } from '@snapfleet/contracts';
import { z } from 'zod';

/** The path of the root of a volume in its manifest. */
export const rootPath = '.';

/** What an entry is. `image` is a volume of mode Block as a whole. */
export const EntryType = z.enum([
  'directory',
  'file',
  'symlink',
  'fifo',
  'socket',
  'character-device',
  'block-device',
  'image',
]);
export type EntryType = z.infer<typeof EntryType>;

/** One line of a manifest; docs/format/manifest.md says what each field means. */
export const ManifestEntry = z.object({
  path: z.string().describe('below the root of the volume, escaped'),
  type: EntryType,
  mode: z
    .string()
    .regex(/^[0-7]{4}$/)
    .optional(),
  uid: z.number().int().nonnegative().optional(),
  gid: z.number().int().nonnegative().optional(),
  mtimeNs: z
    .string()
    .regex(/^-?\d+$/)
    .optional(),
  size: Bytes.optional(),
  digest: Digest.optional(),
  hardLink: z.string().optional().describe('path of the first name of the same file, escaped'),
  target: z.string().optional().describe('of a symbolic link, escaped'),
  device: z.number().int().nonnegative().optional(),
  xattrs: z.record(z.string(), z.string().regex(/^([0-9a-f]{2})*$/)).optional(),
  sparse: z.literal(true).optional().describe('not part of the digest'),
  counted: z.literal(false).optional().describe('not part of the digest, and not compared'),
});
export type ManifestEntry = z.infer<typeof ManifestEntry>;

const canonicalFields = [
  'path',
  'type',
  'mode',
  'uid',
  'gid',
  'mtimeNs',
  'size',
  'digest',
  'hardLink',
  'target',
  'device',
  'xattrs',
] as const satisfies readonly (keyof ManifestEntry)[];

/** The fields in which two entries are compared, besides the attributes and sparseness. */
export const comparedFields = canonicalFields.filter((field) => field !== 'path' && field !== 'xattrs');

function sorted(xattrs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(xattrs).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The line of an entry that goes into the root digest: fixed order of fields, nothing that a faithful copy may change. */
export function canonicalLine(entry: ManifestEntry): string {
  return JSON.stringify(canonicalForm(entry));
}

/** The line of an entry in a manifest file. */
export function manifestLine(entry: ManifestEntry): string {
  const { sparse, counted } = entry;
  return JSON.stringify({ ...canonicalForm(entry), sparse, counted });
}

function canonicalForm(entry: ManifestEntry): Record<string, unknown> {
  const form: Record<string, unknown> = {};
  for (const field of canonicalFields) if (entry[field] !== undefined) form[field] = entry[field];
  if (entry.xattrs !== undefined) form['xattrs'] = sorted(entry.xattrs);
  return form;
}
