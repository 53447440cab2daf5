import { jsonBytes, maximumManifestBytes, type SavedWorkload, SnapfleetError } from '@snapfleet/contracts';

/** What keeps a bare Pod from being kept while it is away: a manifest that fits into no message. Empty: nothing does. */
export function findingsOfManifest(saved: SavedWorkload | undefined): readonly SnapfleetError[] {
  if (saved?.kind !== 'Pod') return [];
  const bytes = jsonBytes(saved.manifest);
  if (bytes <= maximumManifestBytes) return [];
  const size = `${String(bytes)} bytes, and one of ${String(maximumManifestBytes)} at most can be kept while it is away`;
  return [new SnapfleetError('manifest_too_large', `the manifest of Pod ${saved.name} has ${size}`)];
}
