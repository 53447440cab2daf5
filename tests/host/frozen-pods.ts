import { deterministicUuid, OperationId, PodUid, WritersFreeze, WritersThaw } from '@snapfleet/contracts';
import type { Random } from '../support/random.js';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import type { HostUnderTest } from './host-under-test.js';

/** Where the cgroups of Pods of the class Burstable are, by the systemd driver of the kubelet. */
export const podSlices = '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice';

/** The cgroup of a Pod, as the kubelet names it. */
export const cgroupOf = (podUid: PodUid): string =>
  `${podSlices}/kubepods-burstable-pod${podUid.replaceAll('-', '_')}.slice`;

const podUids = ['first', 'second', 'third'].map((name) => PodUid.parse(deterministicUuid('frozen Pod', name)));
const mostSeconds = 3;

/** Pods whose writers are stopped now and then. */
export class FrozenPods {
  #operations = 0;
  #writers: readonly GuestProgram[] = [];

  constructor(
    private readonly host: HostUnderTest,
    private readonly callDeadlineMs: number,
  ) {}

  async start(): Promise<void> {
    const script = 'mkdir -p "$1"; echo $$ > "$1/cgroup.procs"; exec sleep infinity';
    const started = podUids.map((uid) => this.host.guest.start('bash', ['-euc', script, 'bash', cgroupOf(uid)]));
    this.#writers = await Promise.all(started);
  }

  async stop(): Promise<void> {
    for (const writer of this.#writers) writer.kill('SIGKILL');
    await Promise.all(this.#writers.map(({ ended }) => ended));
    await this.host.inGuest('rmdir "$@"', ...podUids.map(cgroupOf));
  }

  /** Stops the writers of one Pod or of two, and lets them go. */
  async freezeSome(random: Random): Promise<void> {
    const operationId = OperationId.parse(deterministicUuid('freeze', String((this.#operations += 1))));
    const uids = [...new Set([random.pick(podUids), random.pick(podUids)])];
    const maximumSeconds = random.between(1, mostSeconds);
    const deadline = { deadlineMs: this.callDeadlineMs };
    try {
      await this.host.call(WritersFreeze, { operationId, podUids: uids, maximumSeconds }, deadline);
    } finally {
      await this.host.call(WritersThaw, { operationId }, deadline);
    }
  }
}
