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
  'missing',
] as const;

/** The handles of the volumes that `prepare-volumes` makes; `missing` is none. */
export const volumes = Object.fromEntries(
  names.map((name, index) => [name, VolumeHandle.parse(`10000000-0000-4000-8000-${String(index).padStart(12, '0')}`)]),
) as Record<(typeof names)[number], VolumeHandle>;

/** Makes the volumes on the disk of the guest. */
export async function prepareVolumes(guest: Guest): Promise<void> {
  const script = fileURLToPath(new URL('./prepare-volumes', import.meta.url));
  const pairs = Object.entries(volumes).map(([name, handle]) => `${name}=${handle}`);
  await guest.run('bash', [script, ...pairs], { deadlineMs: 300_000 });
}
