import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ManifestSummary, SnapfleetError } from '@snapfleet/contracts';
import { syncDirectory } from '@snapfleet/durable-files';
import { z } from 'zod';
import { ManifestDigest } from './manifest-digest.js';
import { ManifestEntry, manifestLine } from './manifest-entry.js';

const Header = z.object({ format: z.literal('snapfleet-manifest'), version: z.literal(1) });
const Footer = z.object({ summary: ManifestSummary });
const batchCharacters = 1 << 18;

/**
 * Writes a manifest, durably: the file is there with its last line, or not at all.
 * @param skipped asked after the last entry
 */
export async function writeManifest(
  file: string,
  entries: AsyncIterable<ManifestEntry>,
  skipped: () => readonly string[],
): Promise<ManifestSummary> {
  const partial = `${file}.partial`;
  const handle = await open(partial, 'w', 0o600);
  try {
    const digest = new ManifestDigest();
    let batch = `${JSON.stringify({ format: 'snapfleet-manifest', version: 1 })}\n`;
    for await (const entry of entries) {
      digest.add(entry);
      batch += `${manifestLine(entry)}\n`;
      if (batch.length < batchCharacters) continue;
      await handle.appendFile(batch);
      batch = '';
    }
    const summary = digest.summary(skipped());
    await handle.appendFile(`${batch}${JSON.stringify({ summary })}\n`);
    await handle.sync();
    await rename(partial, file);
    await syncDirectory(dirname(file));
    return summary;
  } finally {
    await handle.close();
  }
}

const damaged = (file: string, what: string, cause?: unknown): SnapfleetError =>
  new SnapfleetError('verification_failed', `The manifest ${file} ${what}`, { cause });

function parseLine(file: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw damaged(file, `is damaged at line ${String(number)}: it is not JSON`, cause);
  }
}

/**
 * Reads a manifest entry by entry and returns its summary, after checking that the file is whole: counts and root
 * digest are computed again.
 * @throws SnapfleetError `verification_failed` when it is damaged or of an unknown version, `backup_not_found` when it is not there
 */
export async function* readManifest(file: string): AsyncGenerator<ManifestEntry, ManifestSummary> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new SnapfleetError('backup_not_found', `The manifest ${file} cannot be read`, { cause });
  });
  try {
    const digest = new ManifestDigest();
    let previous: unknown;
    let number = 0;
    for await (const line of handle.readLines()) {
      if (number === 1) requireHeader(file, previous);
      if (number > 1) {
        const entry = ManifestEntry.safeParse(previous);
        if (!entry.success) throw damaged(file, `is damaged at line ${String(number)}`, entry.error);
        digest.add(entry.data);
        yield entry.data;
      }
      number += 1;
      previous = parseLine(file, line, number);
    }
    const footer = Footer.safeParse(previous);
    if (number < 2 || !footer.success) throw damaged(file, 'is cut off: its last line is missing', footer.error);
    const { summary } = footer.data;
    const computed = digest.summary(summary.skippedAttributes);
    if (computed.rootDigest !== summary.rootDigest || computed.entries !== summary.entries)
      throw damaged(file, `was changed: its lines give ${computed.rootDigest}, its end says ${summary.rootDigest}`);
    return summary;
  } finally {
    await handle.close();
  }
}

function requireHeader(file: string, line: unknown): void {
  const header = Header.safeParse(line);
  if (!header.success) throw damaged(file, 'does not begin as a Snapfleet manifest of version 1', header.error);
}

/** Reads a whole manifest for its summary; throws as `readManifest` does. */
export async function readManifestSummary(file: string): Promise<ManifestSummary> {
  const entries = readManifest(file);
  for (;;) {
    const next = await entries.next();
    if (next.done === true) return next.value;
  }
}
