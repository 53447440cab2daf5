import { createHash } from 'node:crypto';
import type { ManifestSummary } from '@snapfleet/contracts';
import { canonicalLine, type ManifestEntry } from './manifest-entry.js';

/** Counts the entries of a manifest and makes its root digest, one entry after the other in the order of the manifest. */
export class ManifestDigest {
  private readonly hash = createHash('sha256');
  private entries = 0;
  private files = 0;
  private bytes = 0;

  add(entry: ManifestEntry): void {
    if (entry.counted === false) return;
    this.hash.update(`${canonicalLine(entry)}\n`);
    this.entries += 1;
    if (entry.type !== 'file' && entry.type !== 'image') return;
    this.files += 1;
    if (entry.hardLink === undefined) this.bytes += entry.size ?? 0;
  }

  /** To be called once, after the last entry. */
  summary(skippedAttributes: readonly string[]): ManifestSummary {
    return {
      rootDigest: `sha256:${this.hash.digest('hex')}`,
      entries: this.entries,
      files: this.files,
      bytes: this.bytes,
      skippedAttributes: skippedAttributes.slice(0, 32).map((name) => name.slice(0, 128)),
    };
  }
}
