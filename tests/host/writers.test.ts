import { deterministicUuid, OperationId, PodUid, VolumeHandle, WritersFreeze, WritersThaw } from '@snapfleet/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { waitUntil } from '../support/wait-until.js';
import { HostUnderTest } from './host-under-test.js';

const deadlineMs = 60_000;
const podUid = PodUid.parse(deterministicUuid('pod that writes'));
const cgroup = `/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${podUid.replaceAll('-', '_')}.slice`;
const [first, second] = ['first', 'second'].map((name) => VolumeHandle.parse(deterministicUuid('volume', name)));

let host: HostUnderTest;
let writer: GuestProgram;
let operations = 0;
const nextOperation = (): OperationId => OperationId.parse(deterministicUuid('operation', String((operations += 1))));

const bash = async (script: string): Promise<string> =>
  (await host.guest.run('bash', ['-euo', 'pipefail', '-c', script], { deadlineMs })).stdout.trim();

const freeze = (operationId: OperationId, maximumSeconds = 5) =>
  host.call(WritersFreeze, { operationId, podUids: [podUid], maximumSeconds });
const thaw = (operationId: OperationId, freezeId?: string) => host.call(WritersThaw, { operationId, freezeId });

const written = async (): Promise<number> => Number(await bash('cat /run/written'));

async function writerGoesOn(): Promise<void> {
  const before = await written();
  await waitUntil('the writer goes on', async () => (await written()) > before, { deadlineMs, pauseMs: 50 });
}

async function cutsWithinFreeze(): Promise<boolean> {
  const operationId = nextOperation();
  const { freezeId } = await freeze(operationId);
  await bash(`
    lvremove -qqy rhel/cut-1 rhel/cut-2 2> /dev/null || true
    lvcreate -qq -s -k n -n cut-1 rhel/${first}; lvcreate -qq -s -k n -n cut-2 rhel/${second}`);
  return (await thaw(operationId, freezeId)).held;
}

/** A workload that keeps two volumes equal: each number is in the first one before it is in the second. */
const writing = `
  mkdir -p ${cgroup}; echo $$ > ${cgroup}/cgroup.procs
  for ((n = 1; ; n++)); do
    echo $n > /mnt/first/number; echo $n > /mnt/second/number; echo $n > /run/written.new; mv /run/written.new /run/written
  done`;

beforeAll(async () => {
  host = await HostUnderTest.create({ volumes: false });
  await bash(`
    pvcreate -qq /dev/ubdb; vgcreate -qq rhel /dev/ubdb; lvcreate -qqy -T -L 1G rhel/thinpool
    lvcreate -qq -V 300M -T rhel/thinpool -n ${first}; mkfs.xfs -q /dev/rhel/${first}
    lvcreate -qq -V 64M -T rhel/thinpool -n ${second}; mkfs.ext4 -q /dev/rhel/${second}
    mkdir -p /mnt/first /mnt/second; mount /dev/rhel/${first} /mnt/first; mount /dev/rhel/${second} /mnt/second`);
  writer = await host.guest.start('bash', ['-c', writing]);
  await waitUntil('the writer writes', async () => (await bash('cat /run/written || echo 0')) !== '0', { deadlineMs });
});

afterAll(async () => {
  writer.kill('SIGKILL');
  await host.destroy();
});

describe('writers.freeze', () => {
  it('stops every process of the Pod, so that the snapshots of two volumes are of one moment', async () => {
    // On a busy machine LVM may need longer than a freeze may last; that one proves nothing.
    await waitUntil('both snapshots were cut within one freeze', cutsWithinFreeze, { deadlineMs: 5 * deadlineMs });
    const numbers = await bash(`
      mkdir -p /mnt/cut
      mount -o ro,nouuid /dev/rhel/cut-1 /mnt/cut || mount -o ro,nouuid,norecovery /dev/rhel/cut-1 /mnt/cut
      cat /mnt/cut/number; umount /mnt/cut
      mount -o ro /dev/rhel/cut-2 /mnt/cut; cat /mnt/cut/number; umount /mnt/cut`);
    await writerGoesOn();
    const [inFirst, inSecond] = numbers.split('\n').map(Number);
    // It may have been stopped between the two; without a freeze they are many numbers apart.
    expect((inFirst ?? 0) - (inSecond ?? 0)).toBeOneOf([0, 1]);
  });

  it('lets go when its time is over, whoever asks for it, and says so', async () => {
    const operationId = nextOperation();
    const { freezeId } = await freeze(operationId, 1);
    await writerGoesOn();
    expect(await thaw(operationId, freezeId)).toMatchObject({ held: false, reason: 'the time was over' });
  });

  it('is over when its watchdog is killed, for the service lets go', async () => {
    const operationId = nextOperation();
    const { freezeId } = await freeze(operationId);
    await bash('pkill -KILL -f [t]haw-watchdog');
    await writerGoesOn();
    expect(await thaw(operationId, freezeId)).toMatchObject({ held: false });
  });

  it('is over when the service is killed, for the watchdog lets go', async () => {
    await freeze(nextOperation());
    await host.settled();
    await host.endService('SIGKILL');
    await writerGoesOn();
    await host.startService();
    expect(await bash('pgrep -cf [t]haw-watchdog || true')).toBe('0');
  });

  it('is over at the next start when both were killed', async () => {
    await freeze(nextOperation());
    await host.settled();
    await bash('pkill -STOP -f [t]haw-watchdog');
    await host.endService('SIGKILL');
    await bash('pkill -KILL -f [t]haw-watchdog');
    expect(await bash(`cat ${cgroup}/cgroup.freeze`)).toBe('1');
    await host.startService();
    await writerGoesOn();
  });

  it('refuses a Pod that has no cgroup here', async () => {
    const command = { operationId: nextOperation(), podUids: [PodUid.parse(deterministicUuid('other'))] };
    await expect(host.call(WritersFreeze, { ...command, maximumSeconds: 1 })).rejects.toMatchObject({
      code: 'freeze_unsupported',
    });
  });
});
