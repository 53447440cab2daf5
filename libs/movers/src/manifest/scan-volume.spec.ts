import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scanVolume } from './scan-volume.js';

it('a device that cannot be read is told with the range', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'snapfleet-scan-'));
  // Nothing is mapped at the address 0 of a process, so reading it is an error of input (proc(5)).
  const scan = {
    path: '/proc/self/mem',
    volumeMode: 'Block',
    manifestFile: join(directory, 'manifest.jsonl'),
  } as const;
  await expect(scanVolume(scan)).rejects.toMatchObject({
    code: 'source_unreadable',
    message: expect.stringMatching(/1048576 bytes from byte 0 on: .*EIO/) as unknown,
  });
  await rm(directory, { recursive: true, force: true });
});
