let last = 0;

/** Higher than all that were given before, also in another run on the same objects. */
export function nextFencingToken(): number {
  last = Math.max(last + 1, Date.now());
  return last;
}
