import { readFile } from 'node:fs/promises';
import { SnapfleetError } from '@snapfleet/contracts';
import type { ReportedVolume } from '@snapfleet/lvm';

/** The number of a block device as stat(2) gives it, taken apart as makedev(3) puts it together. */
export function deviceNumberOf(number: bigint): { major: number; minor: number } {
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xffff_f000n);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffff_ff00n);
  return { major: Number(major), minor: Number(minor) };
}

/**
 * Checks that a block device is this very logical volume, and not another that has its name or number by now. The kernel
 * has the identity from LVM: `LVM-`, the UUID of the group and that of the volume, without dashes (lvm2
 * lib/activate/dev_manager.c).
 * @throws {SnapfleetError} lvm_failed
 */
export async function confirmDevice(number: bigint, volume: ReportedVolume, sysfs = '/sys'): Promise<void> {
  const { major, minor } = deviceNumberOf(number);
  const uuid = await readFile(`${sysfs}/dev/block/${major}:${minor}/dm/uuid`, 'utf8').catch(() => '');
  const [, found] = /^LVM-[A-Za-z0-9]{32}([A-Za-z0-9]{32})\n?$/.exec(uuid) ?? [];
  if (found === volume.lvUuid.replaceAll('-', '')) return;
  throw new SnapfleetError(
    'lvm_failed',
    `${volume.fullName} was replaced in the meantime: the device ${major}:${minor} is not the volume ${volume.lvUuid}`,
  );
}
