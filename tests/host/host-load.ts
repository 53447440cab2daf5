import {
  PoolReport,
  SnapfleetError,
  VolumeConceal,
  VolumeExpose,
  VolumeRenew,
  VolumeSurvey,
  type VolumeHandle,
} from '@snapfleet/contracts';
import type { Random } from '../support/random.js';
import type { HostUnderTest } from './host-under-test.js';
import { volumes } from './volumes.js';

const leaseSeconds = 600;
const callDeadlineMs = 180_000;

/** A volume that readers want. */
interface ReadableVolume {
  readonly volumeHandle: VolumeHandle;
  readonly volumeMode: 'Filesystem' | 'Block';
}

const inactiveVolume: ReadableVolume = { volumeHandle: volumes.inactive, volumeMode: 'Filesystem' };

/** The volumes that are asked for: each kind, or the one that is changed most by it. */
export const loads = {
  eachKind: [
    { volumeHandle: volumes.xfsSnapshot, volumeMode: 'Filesystem' },
    { volumeHandle: volumes.ext4Crashed, volumeMode: 'Filesystem' },
    inactiveVolume,
    { volumeHandle: volumes.blockSnapshot, volumeMode: 'Block' },
    { volumeHandle: volumes.inOddGroup, volumeMode: 'Filesystem' },
  ],
  inactiveVolume: [inactiveVolume],
} as const satisfies Record<string, readonly ReadableVolume[]>;

/** Commands to host-lvm as workers send them, some at a time; their errors are counted, for they are what a kill may do. */
export class HostLoad {
  readonly keys = new Set<string>();
  /** How many calls ended how. */
  readonly ends = new Map<string, number>();
  /** Data that was read and is not what is on the volume. */
  readonly wrongData: string[] = [];
  #last = 0;

  constructor(
    private readonly host: HostUnderTest,
    private readonly readable: readonly ReadableVolume[],
  ) {}

  /** Exposes each volume, renews, asks, and ends it all: every effect of the service comes about. */
  async tour(): Promise<void> {
    const keys = await Promise.all(this.readable.map((volume) => this.#expose(volume)));
    await this.#ask(() =>
      this.host.call(VolumeSurvey, { volumeHandles: [volumes.xfs] }, { deadlineMs: callDeadlineMs }),
    );
    await this.#ask(() => this.host.call(PoolReport, {}, { deadlineMs: callDeadlineMs }));
    await Promise.all(keys.map((key) => this.#renew(key)));
    await Promise.all(keys.map((key) => this.conceal(key)));
  }

  /** As the random numbers say. */
  async wander(random: Random, steps: number): Promise<void> {
    const given: string[] = [];
    const under = Array.from({ length: steps }, async () => {
      const what = random.pick(['expose', 'expose', 'renew', 'conceal', 'conceal', 'ask'] as const);
      const key = given.length === 0 ? undefined : given.splice(random.between(0, given.length - 1), 1)[0];
      if (what === 'ask') await this.#ask(() => this.host.call(PoolReport, {}, { deadlineMs: callDeadlineMs }));
      else if (what === 'expose' || key === undefined) given.push(await this.#expose(random.pick(this.readable)));
      else if (what === 'renew') await this.#renew(key);
      else await this.conceal(key);
    });
    await Promise.all(under);
  }

  /** Ends every lease that may have been given. */
  async concealAll(): Promise<void> {
    for (const key of this.keys) await this.conceal(key);
    this.keys.clear();
  }

  async conceal(leaseId: string): Promise<void> {
    await this.#ask(() => this.host.call(VolumeConceal, { leaseId }, { deadlineMs: callDeadlineMs }));
  }

  async #expose(volume: ReadableVolume): Promise<string> {
    const leaseKey = `load-${(this.#last += 1)}`;
    this.keys.add(leaseKey);
    await this.#ask(async () => {
      const request = { ...volume, leaseKey, leaseSeconds };
      const { path } = await this.host.call(VolumeExpose, request, { deadlineMs: callDeadlineMs });
      await this.#read(path, volume.volumeMode);
    });
    return leaseKey;
  }

  /** A reader sees the data of the volume, or nothing where the lease has ended; never anything else. */
  async #read(path: string, volumeMode: 'Filesystem' | 'Block'): Promise<void> {
    const data =
      volumeMode === 'Block'
        ? await this.host.readAs('worker', 'head', '-c', '22', path)
        : await this.host.readAs('worker', 'cat', `${path}/private/file`);
    const right = volumeMode === 'Block' ? 'raw data of a database' : 'secret\n';
    if (data !== undefined && data !== right) this.wrongData.push(`${path}: ${data.slice(0, 100)}`);
  }

  async #renew(leaseId: string): Promise<void> {
    await this.#ask(() => this.host.call(VolumeRenew, { leaseId, leaseSeconds }, { deadlineMs: callDeadlineMs }));
  }

  async #ask(call: () => Promise<unknown>): Promise<void> {
    const end = await call().then(
      () => 'answered',
      (thrown: unknown) => SnapfleetError.from(thrown).code,
    );
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
  }
}
