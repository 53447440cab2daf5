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
import { FrozenPods } from './frozen-pods.js';
import type { HostUnderTest } from './host-under-test.js';
import { SpareVolumes } from './spare-volumes.js';
import { volumes } from './volumes.js';

const leaseSeconds = 600;
/** A command that is lost is sent again after a third of it. */
const callDeadlineMs = 45_000;
const removalsTried = 10;

/** A volume that readers want. */
interface ReadableVolume {
  readonly volumeHandle: VolumeHandle;
  readonly volumeMode: 'Filesystem' | 'Block';
}

const filesystem = (volumeHandle: VolumeHandle): ReadableVolume => ({ volumeHandle, volumeMode: 'Filesystem' });
const readable = {
  'read active': [filesystem(volumes.xfsSnapshot), filesystem(volumes.ext4Crashed)],
  'read inactive': [filesystem(volumes.inactive), filesystem(volumes.inOddGroup)],
  'read block': [{ volumeHandle: volumes.blockSnapshot, volumeMode: 'Block' }],
} as const satisfies Record<string, readonly ReadableVolume[]>;

/** One thing that the others on a device have host-lvm do. */
export type Deed = keyof typeof readable | 'report' | 'survey' | 'remove' | 'freeze';

/** What is done: all, as often as it is named, or what changes a volume most. */
export const loads = {
  everything: ['read active', 'read active', 'read inactive', 'read block', 'report', 'survey', 'remove', 'freeze'],
  inactiveVolume: ['read inactive'],
} as const satisfies Record<string, readonly Deed[]>;

/** The deed that leads to an effect of host-lvm, where it is not any reading of a volume. */
const leadingTo: Readonly<Record<string, Deed>> = {
  'make-node': 'read block',
  activate: 'read inactive',
  deactivate: 'read inactive',
  'find-again': 'read inactive',
  'report-pools': 'report',
  survey: 'survey',
  remove: 'remove',
  freeze: 'freeze',
};

/** Commands to host-lvm as the others send them; their errors are counted, for they are what a kill may do. */
export class HostLoad {
  /** How many commands ended how. */
  readonly ends = new Map<string, number>();
  /** Data that was read and is not what is on the volume. */
  readonly wrongData: string[] = [];
  readonly #keys = new Set<string>();
  readonly #spares: SpareVolumes;
  readonly #pods: FrozenPods;
  #last = 0;

  constructor(
    private readonly host: HostUnderTest,
    private readonly deeds: readonly Deed[],
  ) {
    this.#spares = new SpareVolumes(host, callDeadlineMs);
    this.#pods = new FrozenPods(host, callDeadlineMs);
  }

  /** Makes what is needed as long as there are rounds. */
  async start(): Promise<void> {
    if (this.#has('freeze')) await this.#pods.start();
  }

  async stop(): Promise<void> {
    if (this.#has('freeze')) await this.#pods.stop();
  }

  /** Each deed once. */
  async tour(random: Random): Promise<void> {
    await Promise.all([...new Set(this.deeds)].map((deed) => this.#do(deed, random)));
  }

  /** One deed after the other, until it is told to stop: those that lead to this effect, without one any. */
  async goOn(random: Random, until: AbortSignal, effect?: string): Promise<void> {
    const some = effect === undefined ? this.deeds : this.#towards(effect);
    while (!until.aborted) await this.#do(random.pick(some), random);
  }

  /** Ends every lease that may have been given, and removes what was to be removed. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#keys].map((key) => this.#conceal(key)));
    this.#keys.clear();
    for (let tries = 0; this.#spares.left > 0 && tries < removalsTried; tries += 1)
      await this.#ask(() => this.#spares.removeOne());
  }

  #has(deed: Deed): boolean {
    return this.deeds.includes(deed);
  }

  #towards(effect: string): readonly Deed[] {
    const deed = leadingTo[effect];
    if (deed !== undefined) return [deed];
    return this.deeds.filter((one) => one === 'read active' || one === 'read inactive');
  }

  async #do(deed: Deed, random: Random): Promise<void> {
    switch (deed) {
      case 'report':
        await this.#ask(() => this.host.call(PoolReport, {}, { deadlineMs: callDeadlineMs }));
        break;
      case 'survey':
        await this.#ask(() => this.#survey());
        break;
      case 'remove':
        await this.#ask(() => this.#spares.removeOne());
        break;
      case 'freeze':
        await this.#ask(() => this.#pods.freezeSome(random));
        break;
      default:
        await this.#lease(random.pick<ReadableVolume>(readable[deed]), random);
    }
  }

  async #survey(): Promise<void> {
    await this.host.call(VolumeSurvey, { volumeHandles: [volumes.xfs] }, { deadlineMs: callDeadlineMs });
  }

  /** Some leases stay open until the end of the round, some are ended twice. */
  async #lease(volume: ReadableVolume, random: Random): Promise<void> {
    const leaseKey = `load-${(this.#last += 1)}`;
    this.#keys.add(leaseKey);
    await this.#ask(async () => {
      const request = { ...volume, leaseKey, leaseSeconds };
      const { path } = await this.host.call(VolumeExpose, request, { deadlineMs: callDeadlineMs });
      await this.#read(path, volume.volumeMode);
    });
    if (random.next() < 0.3) await this.#renew(leaseKey);
    if (random.next() < 0.8) await this.#conceal(leaseKey);
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

  async #conceal(leaseId: string): Promise<void> {
    await this.#ask(() => this.host.call(VolumeConceal, { leaseId }, { deadlineMs: callDeadlineMs }));
  }

  async #ask(call: () => Promise<unknown>): Promise<void> {
    const end = await call().then(
      () => 'answered',
      (thrown: unknown) => SnapfleetError.from(thrown).code,
    );
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
  }
}
