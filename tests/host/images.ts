/** Images of filesystems as somebody makes them who owns a volume and means ill. All are made on this machine. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Random } from '../support/random.js';

const mebibyte = 1 << 20;
const blockBytes = 4096;

/** How a filesystem is made: with checksums in its metadata, or without, so that damage gets past them. */
export const kinds = ['ext4', 'ext4 without checksums', 'xfs', 'xfs without checksums'] as const;
export type ImageKind = (typeof kinds)[number];

/** Names that a tree has that is no ordinary one, and what they lead to. */
export const tree = { link: 'shadow', linkTarget: '/etc/shadow', device: 'disk', program: 'su', directory: 'many' };

/** Makes images in a temporary directory, which a guest sees too. */
export class ImageMaker {
  readonly #pristine = new Map<ImageKind, Promise<Buffer>>();

  private constructor(readonly directory: string) {}

  static async create(): Promise<ImageMaker> {
    const maker = new ImageMaker(await mkdtemp(join(tmpdir(), 'snapfleet-images-')));
    await maker.#makeTree();
    return maker;
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A new image of a kind, without fault, with the tree in it. */
  async image(kind: ImageKind): Promise<Buffer> {
    const made = this.#pristine.get(kind) ?? (kind.startsWith('xfs') ? this.#makeXfs(kind) : this.#makeExt4(kind));
    this.#pristine.set(kind, made);
    return Buffer.from(await made);
  }

  /** Where a block of this directory of the tree is in an ext4 image. */
  async ext4BlockOf(path: string): Promise<number> {
    await this.image('ext4');
    const { stdout } = await this.#run('debugfs', ['-R', `blocks ${path}`, this.#at('ext4')]);
    return Number(stdout.trim().split(' ')[0]) * 1024;
  }

  /** An ext4 image whose superblock says that the kernel is to panic at the first error, and whose directory has one. */
  async panicking(): Promise<Buffer> {
    const at = await this.ext4BlockOf(`/${tree.directory}`);
    const file = this.#at('panicking');
    await writeFile(file, await this.image('ext4'));
    await this.#run('tune2fs', ['-e', 'panic', file]);
    return (await readFile(file)).fill(0xa5, at, at + 1024);
  }

  #at(name: string): string {
    return join(this.directory, name);
  }

  async #makeTree(): Promise<void> {
    const root = this.#at('tree');
    await mkdir(join(root, tree.directory), { recursive: true });
    for (let count = 0; count < 200; count += 1)
      await writeFile(join(root, tree.directory, `file-${count}-with-a-name-that-takes-some-room`), String(count));
    await writeFile(join(root, 'file'), 'x'.repeat(100_000));
    await symlink(tree.linkTarget, join(root, tree.link));
    await this.#run('cp', ['--preserve=mode', '/bin/true', join(root, tree.program)]);
    await this.#run('chmod', ['4755', join(root, tree.program)]);
    await this.#run('mknod', [join(root, tree.device), 'b', '98', '16']);
  }

  async #makeExt4(kind: ImageKind): Promise<Buffer> {
    const options = kind === 'ext4' ? [] : ['-O', '^metadata_csum'];
    await this.#run('mke2fs', [
      ...['-q', '-F', '-t', 'ext4', '-b', '1024', ...options, '-d', this.#at('tree'), this.#at(kind), '16M'],
    ]);
    return await readFile(this.#at(kind));
  }

  async #makeXfs(kind: ImageKind): Promise<Buffer> {
    const options = kind === 'xfs' ? [] : ['-m', 'crc=0'];
    const prototype = this.#at('prototype');
    const files = Array.from({ length: 200 }, (_, count) => `file-${count}-with-a-name-that-takes-some-room`);
    const line = (name: string, path: string): string => `${name} ---644 0 0 ${path}`;
    await writeFile(
      prototype,
      [
        ...['/dev/null', '0 0', 'd--755 0 0', line('file', this.#at('tree/file'))],
        `${tree.link} l--777 0 0 ${tree.linkTarget}`,
        `${tree.device} b--644 0 0 98 16`,
        `${tree.program} -u-755 0 0 /bin/true`,
        `${tree.directory} d--755 0 0`,
        ...files.map((name) => line(name, this.#at(`tree/${tree.directory}/${name}`))),
        ...['$', '$', ''],
      ].join('\n'),
    );
    await writeFile(this.#at(kind), Buffer.alloc(24 * mebibyte));
    // mkfs.xfs makes filesystems of less than 300 MiB only for its own tests.
    const env = { TEST_DIR: 'yes', TEST_DEV: 'yes', QA_CHECK_FS: 'yes' };
    await this.#run('mkfs.xfs', ['-q', '-f', ...options, '-p', prototype, this.#at(kind)], env);
    return await readFile(this.#at(kind));
  }

  async #run(program: string, argv: readonly string[], env: Record<string, string> = {}): Promise<{ stdout: string }> {
    return await execa(program, argv, { env, timeout: 30_000, stdin: 'ignore' });
  }
}

/** Does to an image what the random numbers say: bytes changed anywhere or in the superblock, a tail cut off, a part garbled. */
export function damage(image: Buffer, random: Random): string {
  const used = usedBlocks(image);
  const how = random.pick(['superblock', 'bytes', 'bytes', 'bytes', 'tail', 'part'] as const);
  if (how === 'superblock') {
    const [from, size] = isXfs(image) ? [0, 512] : [1024, 1024];
    for (let count = random.between(1, 8); count > 0; count -= 1)
      image[from + random.between(0, size - 1)] = byte(random);
  } else if (how === 'bytes') {
    for (let count = random.between(1, 400); count > 0; count -= 1)
      image[random.pick(used) * blockBytes + random.between(0, blockBytes - 1)] = byte(random);
  } else if (how === 'tail') image.fill(0, random.pick(used) * blockBytes);
  else {
    const at = random.pick(used) * blockBytes;
    for (let index = at; index < Math.min(image.length, at + 16 * blockBytes); index += 1) image[index] = byte(random);
  }
  return how;
}

/** Garbles the log of an XFS image: its place is in the superblock (xfs_dsb, Linux fs/xfs/libxfs/xfs_format.h). */
export function garbleXfsLog(image: Buffer, random: Random): void {
  const size = image.readUInt32BE(4);
  const log = image.readBigUInt64BE(48);
  const groupBlocks = image.readUInt32BE(84);
  const shift = BigInt(image.readUInt8(124));
  const block = Number(log >> shift) * groupBlocks + Number(log & ((1n << shift) - 1n));
  const end = (block + image.readUInt32BE(96)) * size;
  for (let index = block * size; index < end; index += 1) image[index] = byte(random);
}

/** Signatures that blkid(8) knows, by where they are in a device. */
export const signatures = {
  btrfs: [[0x10040, '_BHRfS_M']],
  LVM2_member: [
    [512, 'LABELONE'],
    [512 + 24, 'LVM2 001'],
  ],
  squashfs: [[0, 'hsqs']],
  swap: [[4086, 'SWAPSPACE2']],
  crypto_LUKS: [[0, 'LUKS\xba\xbe\0\x01']],
  iso9660: [[0x8001, 'CD001']],
  vfat: [
    [3, 'MSDOS5.0'],
    [82, 'FAT32   '],
    [510, '\x55\xaa'],
  ],
} as const satisfies Record<string, readonly (readonly [number, string])[]>;

/** Puts a signature on an image. */
export function sign(image: Buffer, name: keyof typeof signatures): Buffer {
  for (const [at, text] of signatures[name]) image.write(text, at, 'latin1');
  return image;
}

const isXfs = (image: Buffer): boolean => image.toString('latin1', 0, 4) === 'XFSB';
const byte = (random: Random): number => random.between(0, 255);

function usedBlocks(image: Buffer): number[] {
  const empty = Buffer.alloc(blockBytes);
  return Array.from({ length: image.length / blockBytes }, (_, block) => block).filter(
    (block) => !image.subarray(block * blockBytes, (block + 1) * blockBytes).equals(empty),
  );
}
