import type { Difference, ManifestSummary } from '@snapfleet/contracts';
import { unescapePath } from './escape-path.js';
import { comparedFields, type ManifestEntry, rootPath } from './manifest-entry.js';
import { readManifest } from './manifest-file.js';
import { comparePaths } from './path-order.js';

/** What two manifests have in common, or not. */
export interface Comparison {
  /** The first differences; the list ends early where it would be too large for a message. */
  readonly differences: readonly Difference[];
  readonly count: number;
  readonly expected: ManifestSummary;
  readonly actual: ManifestSummary;
}

const defaultLimit = 100;
const longestPath = 2048;
const longestValue = 512;
// A message may have 256 KiB; this leaves room for the escapes of JSON and for the envelope.
const mostBytes = 128 << 10;

/**
 * Compares the manifest of what came back with the manifest of what was saved. What was sparse must be sparse again;
 * what was not may be.
 * @throws SnapfleetError `verification_failed` when one of the files is damaged
 */
export async function compareManifests(
  expectedFile: string,
  actualFile: string,
  limit = defaultLimit,
): Promise<Comparison> {
  const found = new DifferenceList(limit);
  const expected = new ManifestCursor(expectedFile);
  const actual = new ManifestCursor(actualFile);
  try {
    await Promise.all([expected.advance(), actual.advance()]);
    while (expected.current !== undefined || actual.current !== undefined) await compareNext(expected, actual, found);
    return { differences: found.list, count: found.count, expected: expected.summary, actual: actual.summary };
  } finally {
    await Promise.all([expected.close(), actual.close()]);
  }
}

async function compareNext(expected: ManifestCursor, actual: ManifestCursor, found: DifferenceList): Promise<void> {
  const order = orderOf(expected.current, actual.current);
  if (order < 0 && expected.current) found.add(expected.current.path, 'entry', 'present', 'absent');
  if (order > 0 && actual.current) found.add(actual.current.path, 'entry', 'absent', 'present');
  if (order === 0 && expected.current && actual.current) compareEntries(expected.current, actual.current, found);
  if (order <= 0) await expected.advance();
  if (order >= 0) await actual.advance();
}

/** Reads the entries of a manifest that count, one at a time. */
class ManifestCursor {
  current: ManifestEntry | undefined;
  private readonly entries: ReturnType<typeof readManifest>;
  private end: ManifestSummary | undefined;

  constructor(private readonly file: string) {
    this.entries = readManifest(file);
  }

  get summary(): ManifestSummary {
    if (this.end === undefined) throw new RangeError(`${this.file} was not read to its end`);
    return this.end;
  }

  async advance(): Promise<void> {
    for (;;) {
      const next = await this.entries.next();
      if (next.done === true) {
        this.current = undefined;
        this.end = next.value;
        return;
      }
      this.current = next.value;
      if (next.value.counted !== false) return;
    }
  }

  async close(): Promise<void> {
    // The summary is not needed any more where the reading ends early.
    await this.entries.return({ rootDigest: '', entries: 0, files: 0, bytes: 0, skippedAttributes: [] });
  }
}

const pathBytes = ({ path }: ManifestEntry): Buffer => (path === rootPath ? Buffer.alloc(0) : unescapePath(path));

function orderOf(expected: ManifestEntry | undefined, actual: ManifestEntry | undefined): number {
  if (expected === undefined) return 1;
  if (actual === undefined) return -1;
  return expected.path === actual.path ? 0 : comparePaths(pathBytes(expected), pathBytes(actual));
}

function compareEntries(expected: ManifestEntry, actual: ManifestEntry, found: DifferenceList): void {
  for (const field of comparedFields) found.compare(expected.path, field, expected[field], actual[field]);
  const names = new Set([...Object.keys(expected.xattrs ?? {}), ...Object.keys(actual.xattrs ?? {})]);
  for (const name of names)
    found.compare(expected.path, `xattr ${name}`, expected.xattrs?.[name], actual.xattrs?.[name]);
  if (expected.sparse && !actual.sparse && actual.hardLink === undefined && expected.size === actual.size)
    found.add(expected.path, 'sparse', 'sparse', 'not sparse');
}

class DifferenceList {
  readonly list: Difference[] = [];
  count = 0;
  private bytes = 0;

  constructor(private readonly limit: number) {}

  compare(path: string, field: string, expected: string | number | undefined, actual: string | number | undefined) {
    if (expected !== actual) this.add(path, field, String(expected ?? 'none'), String(actual ?? 'none'));
  }

  add(path: string, field: string, expected: string, actual: string): void {
    this.count += 1;
    const difference: Difference = {
      path: shorten(path, longestPath),
      field: shorten(field, 128),
      expected: shorten(expected, longestValue),
      actual: shorten(actual, longestValue),
    };
    this.bytes += Buffer.byteLength(JSON.stringify(difference));
    if (this.list.length < this.limit && this.bytes <= mostBytes) this.list.push(difference);
  }
}

const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
