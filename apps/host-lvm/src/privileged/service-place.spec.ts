import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOfService, placeOf } from './service-place.js';

const unit = '/system.slice/snapfleet-host-lvm.service';
const container = '/kubepods.slice/kubepods-pod1.slice/crio-2.scope';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'snapfleet-proc-'));
});
afterEach(() => {
  rmSync(proc, { recursive: true });
});

interface Shown {
  readonly cgroup?: string;
  readonly uid?: number;
  /** Undefined: it may not be seen. */
  readonly namespace?: string | undefined;
}

/** A process as /proc shows it. */
function place(pid: number, shown: Shown = {}) {
  const { cgroup, uid, namespace } = { cgroup: unit, uid: 0, namespace: 'pid:[1]', ...shown };
  const directory = join(proc, String(pid));
  mkdirSync(join(directory, 'ns'), { recursive: true });
  writeFileSync(join(directory, 'cgroup'), `12:pids:/elsewhere\n0::${cgroup}\n`);
  writeFileSync(join(directory, 'status'), `Name:\tlvs\nUid:\t${String(uid)}\t0\t0\t0\n`);
  if (namespace !== undefined) symlinkSync(namespace, join(directory, 'ns', 'pid'));
  return placeOf(pid, proc);
}

describe('a process belongs to the service', () => {
  it.each([
    ['in the cgroup of its unit', {}, true],
    ['not in that of a container', { cgroup: container }, false],
    ['not in one that a container has named like it', { cgroup: `${container}${unit}` }, false],
    ['in that of its unit whatever else it is', { uid: 1000, namespace: 'pid:[2]' }, true],
    ['in that of its unit where its namespace may not be seen', { namespace: undefined }, true],
  ])('started by systemd: %s', (_what, other, belongs) => {
    expect(isOfService(place(2, other), place(1), true)).toBe(belongs);
  });

  it.each([
    ['in another session of the same user', { cgroup: '/user.slice/session-2.scope' }, true],
    ['not as another user', { uid: 1000 }, false],
    ['not in the PID namespace of a container', { cgroup: container, namespace: 'pid:[2]' }, false],
    ['not where its namespace may not be seen', { namespace: undefined }, false],
  ])('started by hand: %s', (_what, other, belongs) => {
    expect(isOfService(place(2, other), place(1, { cgroup: '/' }), false)).toBe(belongs);
  });

  it('not where nothing is known of it', () => {
    expect(isOfService(placeOf(3, proc), place(1), true)).toBe(false);
    expect(isOfService(placeOf(3, proc), place(4, { cgroup: '/' }), false)).toBe(false);
    expect(isOfService(placeOf(3, proc), placeOf(5, proc), false)).toBe(false);
  });
});
