/** How the volume group and the pool of an embedded device are called. */
export const volumeGroup = 'embedded';
export const poolName = 'thinpool';
