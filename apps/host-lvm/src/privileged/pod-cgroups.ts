import { SnapfleetError, type PodUid } from '@snapfleet/contracts';
import type { PodCgroups } from '../writers/freeze-ports.js';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

/** A Pod's cgroup, told apart from a later one of the same name. */
export interface PodCgroup {
  readonly directory: string;
  readonly inode: number;
}

const root = '/sys/fs/cgroup';

/**
 * Where the kubelet puts a Pod's cgroup: by its QoS class, and named as its cgroup driver wants it
 * (kubernetes pkg/kubelet/cm, `CgroupName.ToSystemd` and `ToCgroupfs`). The systemd driver has no dash within a name.
 */
function candidates(uid: PodUid): readonly string[] {
  const slice = uid.replaceAll('-', '_');
  return [
    `${root}/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${slice}.slice`,
    `${root}/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${slice}.slice`,
    `${root}/kubepods.slice/kubepods-pod${slice}.slice`,
    `${root}/kubepods/burstable/pod${uid}`,
    `${root}/kubepods/besteffort/pod${uid}`,
    `${root}/kubepods/pod${uid}`,
  ];
}

/**
 * The cgroup of a Pod.
 * @throws {SnapfleetError} freeze_unsupported where there is none that can be frozen (cgroup v2, cgroup-v2.rst "cgroup.freeze")
 */
function find(uid: PodUid): PodCgroup {
  const directory = candidates(uid).find((path) => existsSync(`${path}/cgroup.freeze`));
  if (directory === undefined)
    throw new SnapfleetError('freeze_unsupported', `Pod ${uid} has no cgroup below ${root} that can be frozen`);
  return { directory, inode: statSync(directory).ino };
}

/** Whether this very cgroup is still there. */
function isThere({ directory, inode }: PodCgroup): boolean {
  return statSync(directory, { throwIfNoEntry: false })?.ino === inode;
}

/** Whether freezing was asked for, by whomever. */
function isAskedToFreeze({ directory }: PodCgroup): boolean {
  return readFileSync(`${directory}/cgroup.freeze`, 'utf8').trim() === '1';
}

/** Lets the processes of a cgroup go on; one that is gone needs nothing. */
function thaw(cgroup: PodCgroup): void {
  if (isThere(cgroup)) writeFileSync(`${cgroup.directory}/cgroup.freeze`, '0');
}

/** The cgroups of this host, by the cgroup file system. */
export const podCgroups: PodCgroups = { find, isThere, isAskedToFreeze, thaw };
