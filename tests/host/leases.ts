import { VolumeConceal, VolumeExpose, type ReplyOf } from '@snapfleet/contracts';
import { expect } from 'vitest';
import type { HostUnderTest } from './host-under-test.js';

/** The leases that a test takes. */
export class Leases {
  readonly #given = new Set<string>();

  constructor(private readonly use: () => HostUnderTest) {}

  async expose(
    volumeHandle: string,
    leaseKey: string,
    options: { readonly volumeMode?: 'Block'; readonly leaseSeconds?: number } = {},
  ): Promise<ReplyOf<typeof VolumeExpose>> {
    this.#given.add(leaseKey);
    const { volumeMode = 'Filesystem', leaseSeconds = 600 } = options;
    return await this.use().call(VolumeExpose, { volumeHandle, volumeMode, leaseKey, leaseSeconds });
  }

  async conceal(leaseId: string): Promise<ReplyOf<typeof VolumeConceal>> {
    const reply = await this.use().call(VolumeConceal, { leaseId });
    this.#given.delete(leaseId);
    return reply;
  }

  /** After a test: ends what it has not ended, and looks whether anything is left mounted. */
  async end(): Promise<void> {
    for (const leaseId of this.#given) await this.conceal(leaseId);
    expect(await this.use().mountCount()).toBe(0);
  }
}
