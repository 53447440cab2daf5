import { type Difference, type ManifestSummary, SnapfleetError } from '@snapfleet/contracts';
import type { Comparison } from '@snapfleet/movers';

/** What was found out about a restore point. */
export type Verdict =
  | {
      readonly kind: 'verified';
      readonly manifest: ManifestSummary;
      readonly assertion?: { readonly exitCode: 0 };
      /** Whether the snapshot was read with the log of its filesystem. */
      readonly cleanLog?: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly error: SnapfleetError;
      readonly differences: readonly Difference[];
      readonly differenceCount: number;
    };

/** The verdict that something went wrong, without a comparison. */
export function failedVerdict(error: SnapfleetError): Verdict {
  return { kind: 'failed', error, differences: [], differenceCount: 0 };
}

/** The verdict of a comparison; `note` says what a reader of differences has to know. */
export function verdictOf({ differences, count, expected }: Comparison, note = ''): Verdict {
  if (count === 0) return { kind: 'verified', manifest: expected };
  const [first] = differences;
  const example = first === undefined ? '' : `; the first: ${first.path}, ${first.field}`;
  const message = `What was restored differs from what was saved in ${String(count)} places${example}${note}`;
  return {
    kind: 'failed',
    error: new SnapfleetError('verification_failed', message),
    differences,
    differenceCount: count,
  };
}

/** The verdict that a manifest is not the one that the event tells of. */
export function otherManifest(expected: ManifestSummary, actual: ManifestSummary): Verdict {
  const difference: Difference = {
    path: 'manifest.jsonl',
    field: 'rootDigest',
    expected: expected.rootDigest,
    actual: actual.rootDigest,
  };
  const message = 'The manifest that is stored with the backup is not the one that was announced';
  const error = new SnapfleetError('verification_failed', message);
  return { kind: 'failed', error, differences: [difference], differenceCount: 1 };
}
