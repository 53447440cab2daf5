const slash = 0x2f;
// A slash sorts before every other byte, so that a directory is followed by all that is in it.
const rank = (byte: number | undefined): number => {
  if (byte === undefined) return -2;
  return byte === slash ? -1 : byte;
};

/** The order of a manifest: names are compared byte by byte, one directory level after the other; the root is first. */
export function comparePaths(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length) + 1;
  for (let at = 0; at < length; at += 1) {
    const difference = rank(a[at]) - rank(b[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}
