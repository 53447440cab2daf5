import { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { removal, wasRefusedLock } from './lvm-arguments.js';

// As lvm2 2.03.16 said them, while another process held the lock of the group, and of a volume that is open.
const locked = `  /run/lock/lvm/V_rhel: flock failed: Resource temporarily unavailable
  Can't get lock for rhel.
  Cannot process volume group rhel
`;
const open = '  Logical volume rhel/one contains a filesystem in use.\n';

test('a removal waits for no lock', () => {
  const handle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
  const argv = removal(handle, LvUuid.parse('nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO'));
  expect(argv.join(' ')).toContain('--config global/wait_for_locks=0 ');
});

test('a lock that was refused is told apart from other failures', () => {
  expect(wasRefusedLock(5, locked)).toBe(true);
  expect(wasRefusedLock(5, open)).toBe(false);
  expect(wasRefusedLock(undefined, locked)).toBe(false);
});
