import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../support/random.js';
import type { HostUnderTest } from '../host-under-test.js';
import { ImageBench } from '../image-bench.js';
import { damage, garbleXfsLog, sign, tree } from '../images.js';
import { Leases } from '../leases.js';

/**
 * Images of filesystems that mean ill: they are refused, or read as a whole, or not at all; and the host is as before. More
 * of them are tried by `npm run faults -- --only host`.
 */
export function describeImages(use: () => HostUnderTest): void {
  describe('a filesystem image of somebody who means ill', () => {
    const leases = new Leases(use);
    let bench: ImageBench;
    beforeAll(async () => {
      bench = await ImageBench.create(use());
    });
    afterAll(() => bench.destroy());
    afterEach(() => leases.end());

    it('leads nowhere by links and device nodes, and is read as it is', async () => {
      const verdict = await bench.try(await bench.maker.image('ext4'), leases, async (path) => {
        expect(await use().readAs('worker', 'readlink', `${path}/${tree.link}`)).toBe(`${tree.linkTarget}\n`);
        expect(await use().readAs('worker', 'cat', `${path}/${tree.link}`)).toBeUndefined();
        await use().inGuest(
          'if cat "$1" || cat "$2"; then exit 1; fi',
          `${path}/${tree.device}`,
          `${path}/${tree.link}`,
        );
        expect(await use().readAs('worker', `${path}/${tree.program}`)).toBeUndefined();
      });
      expect(verdict).toMatchObject({ exposed: true, cleanLog: true, scan: { files: 202 } });
    });

    it('does not panic the kernel, though its superblock says so, and is no backup where the kernel leaves out files', async () => {
      expect(await bench.try(await bench.maker.panicking(), leases)).toMatchObject({
        exposed: true,
        scan: {
          code: 'source_unreadable',
          message: expect.stringMatching(/^EXT4-fs error \(device dm-\d+\): /) as unknown,
        },
      });
    });

    it('is read without its log where that is garbage, or not at all', async () => {
      const image = await bench.maker.image('xfs');
      garbleXfsLog(image, new Random(1));
      const verdict = await bench.try(image, leases);
      expect(verdict).toMatchObject({ exposed: true, cleanLog: false });
    });

    it('is refused where it has the signatures of two filesystems', async () => {
      const image = await bench.maker.image('ext4');
      image.write('XFSB', 0, 'latin1');
      (await bench.maker.image('xfs')).copy(image, 0, 0, 512);
      expect(await bench.try(image, leases)).toMatchObject({
        code: 'filesystem_unsupported',
        message: expect.stringContaining('signatures of more than one filesystem') as unknown,
      });
    });

    it('is refused where it is of another kind', async () => {
      expect(await bench.try(sign(Buffer.alloc(1 << 20), 'LVM2_member'), leases)).toMatchObject({
        exposed: false,
        code: 'filesystem_unsupported',
      });
    });

    // Without checksums, for so the damage gets past them.
    it.each([
      ['ext4 without checksums', 2],
      ['xfs without checksums', 4],
    ] as const)('does no harm when it is damaged at random: %s, seed %i', async (kind, seed) => {
      const image = await bench.maker.image(kind);
      const how = damage(image, new Random(seed));
      const verdict = await bench.try(image, leases);
      expect(await bench.problems(verdict), how).toEqual([]);
    });
  });
}
