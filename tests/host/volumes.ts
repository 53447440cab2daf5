import { VolumeHandle } from '@snapfleet/contracts';
import { fileURLToPath } from 'node:url';
import type { Guest } from '../support/uml/guest.js';

const names = [
  'xfs',
  'xfsSnapshot',
  'xfsFrozen',
  'ext4',
  'ext4Snapshot',
  'ext4Crashed',
  'inactive',
  'block',
  'blockSnapshot',
  'ext2',
  'thick',
  'twice',
  'inOddGroup',
  'missing',
] as const;

/** The handle of a volume that tests make themselves. */
export const handleOf = (number: number): VolumeHandle =>
  VolumeHandle.parse(`10000000-0000-4000-8000-${String(number).padStart(12, '0')}`);

/** The handles of the volumes that `prepare-volumes` makes; `missing` is none. */
export const volumes = Object.fromEntries(names.map((name, index) => [name, handleOf(index)])) as Record<
  (typeof names)[number],
  VolumeHandle
>;

/** The second volume group and its pool: names as odd as LVM takes them (lvm(8), "Valid names"). */
export const oddGroup = '+d.a_t-a';
export const oddPool = 'a--b';

/** Makes the volumes on the disk of the guest. */
export async function prepareVolumes(guest: Guest): Promise<void> {
  const script = fileURLToPath(new URL('./prepare-volumes', import.meta.url));
  const pairs = Object.entries({ ...volumes, oddGroup, oddPool }).map(([name, value]) => `${name}=${value}`);
  await guest.run('bash', [script, ...pairs], { deadlineMs: 300_000 });
}
