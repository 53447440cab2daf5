import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PoolReport, SnapfleetError, VolumeRenew } from '@snapfleet/contracts';
import type { HostUnderTest } from './host-under-test.js';
import { ImageMaker } from './images.js';
import type { Leases } from './leases.js';
import { Scanner, type Scan } from './scanner.js';
import { handleOf } from './volumes.js';

const handle = handleOf(200);

/** What became of an image: it was refused, or it was exposed and read. */
export type ImageVerdict =
  | { readonly exposed: false; readonly code: string; readonly message: string }
  | { readonly exposed: true; readonly path: string; readonly cleanLog: boolean; readonly scan: Scan };

/** A volume that takes one image after the other. */
export class ImageBench {
  private constructor(
    private readonly host: HostUnderTest,
    readonly maker: ImageMaker,
    private readonly scanner: Scanner,
  ) {}

  static async create(host: HostUnderTest): Promise<ImageBench> {
    await host.inGuest('lvcreate -qq -V 32M -T rhel/thinpool -n "$1"', handle);
    return new ImageBench(host, await ImageMaker.create(), await Scanner.start(host));
  }

  async destroy(): Promise<void> {
    await this.scanner.stop();
    await this.maker.remove();
    await this.host.inGuest('lvremove -qqy "rhel/$1"', handle);
  }

  /** Writes an image into the volume, and has it exposed and scanned as a backup does. */
  async try(image: Buffer, leases: Leases, look?: (path: string) => Promise<void>): Promise<ImageVerdict> {
    const file = join(this.maker.directory, 'image');
    await writeFile(file, image);
    await this.host.inGuest(
      'dd if="$1" of="/dev/rhel/$2" bs=1M oflag=direct conv=fsync status=none; echo 3 > /proc/sys/vm/drop_caches',
      ...[file, handle],
    );
    try {
      const { leaseId, path, cleanLog } = await leases.expose(handle, 'image');
      const scan = await this.#scan(leaseId, path);
      await look?.(path);
      await leases.conceal(leaseId);
      return { exposed: true, path, cleanLog, scan };
    } catch (error) {
      const { code, message } = SnapfleetError.from(error);
      return { exposed: false, code, message };
    }
  }

  /** As a worker reads: what the kernel has said of the filesystem counts too. */
  async #scan(leaseId: string, path: string): Promise<Scan> {
    const scan = await this.scanner.scan(path);
    const { damage } = await this.host.call(VolumeRenew, { leaseId, leaseSeconds: 600 });
    return damage === undefined || 'code' in scan ? scan : { code: 'source_unreadable', message: damage };
  }

  /** What is wrong with a verdict, or with the host after it; empty: it is as it has to be, whatever the image was. */
  async problems(verdict: ImageVerdict): Promise<string[]> {
    const problems: string[] = [];
    const refusals = ['filesystem_unsupported', 'mount_failed'];
    if (!verdict.exposed && !refusals.includes(verdict.code)) problems.push(`${verdict.code}: ${verdict.message}`);
    if (verdict.exposed && 'code' in verdict.scan && verdict.scan.code !== 'source_unreadable')
      problems.push(`${verdict.scan.code}: ${verdict.scan.message}`);
    const mounts = await this.host.mountCount();
    if (mounts > 0) problems.push(`${mounts} mounts are left`);
    const { leases } = await this.host.call(PoolReport, {});
    if (leases > 0) problems.push(`${leases} leases are left`);
    return problems;
  }
}
