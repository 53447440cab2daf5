/** How the volume group and the pool of an embedded device are called. */
export const volumeGroup = 'embedded';
export const poolName = 'thinpool';

/** As LVM tells it: two digits after the point, and at most all of it. */
export const percent = (part: number, whole: number): number =>
  Math.min(100, Math.round((part / whole) * 10_000) / 100);
