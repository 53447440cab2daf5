import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootGuest, type Guest } from '../support/uml/guest.js';

const deadlineMs = 30_000;
let directory: string;
let disk: string;
let guest: Guest;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-guest-'));
  disk = join(directory, 'disk.img');
  guest = await bootGuest({ memory: '512M', diskSize: '128M', diskFile: disk, env: { GREETING: 'hello' } });
});

afterAll(async () => {
  await guest.powerCut();
  await rm(directory, { recursive: true, force: true });
});

describe('a guest', () => {
  it('runs programs at the same time, each with its own input, output and exit code', async () => {
    const results = await Promise.all([
      guest.run('cat', [], { deadlineMs, input: 'one' }),
      guest.run('printenv', ['GREETING'], { deadlineMs }),
      guest.run('bash', ['-c', 'echo no >&2; exit 3'], { deadlineMs, acceptExitCodes: [3] }),
    ]);
    expect(results).toEqual([
      { stdout: 'one', stderr: '', exitCode: 0 },
      { stdout: 'hello\n', stderr: '', exitCode: 0 },
      { stdout: '', stderr: 'no\n', exitCode: 3 },
    ]);
  });

  it('says what failed, and how', async () => {
    await expect(guest.run('false', [], { deadlineMs })).rejects.toThrow('false  ended with 1');
    await expect(guest.run('no-such-program', [], { deadlineMs })).rejects.toThrow('ENOENT');
    await expect(guest.run('sleep', ['600'], { deadlineMs: 100 })).rejects.toThrow('not within 100 ms');
  });

  it('gives the lines of a long-lived program as they come', async () => {
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const program = await guest.start('bash', ['-c', 'echo first; read line; echo "got $line"; exec sleep 600'], {
      onLine: (line) => {
        (line === 'first' ? first : second).resolve(line);
      },
    });
    await first.promise;
    program.write('this\n');
    expect(await second.promise).toBe('got this');
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ exitCode: null, signal: 'SIGTERM' });
  });

  it('has device-mapper thin provisioning', async () => {
    expect((await guest.run('dmsetup', ['targets'], { deadlineMs })).stdout).toMatch(/^thin-pool /m);
  });

  it('runs beside another one, with a network of its own', async () => {
    const other = await bootGuest({ memory: '256M', diskSize: '64M' });
    expect(other.guestAddress).not.toBe(guest.guestAddress);
    await other.stop();
    expect(Object.values(networkInterfaces()).flat()).not.toContainEqual(
      expect.objectContaining({ address: other.hostAddress }),
    );
  });

  it('boots again after its power was off, from its disk and at the same addresses', async () => {
    await guest.run('dd', ['of=/dev/ubdb', 'conv=fsync'], { deadlineMs, input: 'synced' });
    await guest.run('touch', ['/run/gone'], { deadlineMs });
    const program = await guest.start('sleep', ['600']);
    await guest.powerOff();
    await expect(program.ended).rejects.toThrow('the guest has ended');
    await expect(guest.run('true', [], { deadlineMs })).rejects.toThrow('the guest has ended');
    await guest.powerOn();
    expect((await guest.run('head', ['-c', '6', '/dev/ubdb'], { deadlineMs })).stdout).toBe('synced');
    await guest.run('test', ['!', '-e', '/run/gone'], { deadlineMs });
  });

  it('still has after a power cut what was synced to a disk that is kept', async () => {
    await guest.run('dd', ['of=/dev/ubdb', 'conv=fsync'], { deadlineMs, input: 'written' });
    await guest.powerCut();
    expect(existsSync(disk)).toBe(true);
    guest = await bootGuest({ memory: '512M', diskFile: disk });
    expect((await guest.run('head', ['-c', '7', '/dev/ubdb'], { deadlineMs })).stdout).toBe('written');
  });
});
