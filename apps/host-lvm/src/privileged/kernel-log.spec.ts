import { describe, expect, it } from 'vitest';
import { KernelLog } from './kernel-log.js';

const device = { major: 254, minor: 7 };
const error = (name: string, what: string): string =>
  `3,12,345678,-;EXT4-fs error (device ${name}): ${what}\n SUBSYSTEM=block\n DEVICE=b254:7\n`;

/** A log to which records come; an Error stands for what reading throws. */
function logOf() {
  const records: (string | Error)[] = [];
  const read = (): string | undefined => {
    const next = records.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  return { records, log: new KernelLog(read) };
}

describe('the log of the kernel', () => {
  it('tells the first error of a device since it is watched', () => {
    const { records, log } = logOf();
    records.push(error('dm-7', 'an old one'));
    const watch = log.watch(device);
    expect(watch.first()).toBeUndefined();
    records.push(
      error('dm-70', 'another device'),
      '6,1,2,-;EXT4-fs (dm-7): mounted filesystem',
      error('dm-7', 'bad entry'),
    );
    records.push(error('dm-7', 'a later one'));
    expect(watch.first()).toBe('EXT4-fs error (device dm-7): bad entry');
    expect(watch.first()).toBe('EXT4-fs error (device dm-7): bad entry');
  });

  it('tells each of two watches of one device, and none that has stopped', () => {
    const { records, log } = logOf();
    const [one, two] = [log.watch(device), log.watch(device)];
    one.stop();
    records.push(error('dm-7', 'bad entry'));
    expect([one.first(), two.first()]).toEqual([undefined, 'EXT4-fs error (device dm-7): bad entry']);
  });

  it('goes on where records were overwritten before they were read', () => {
    const { records, log } = logOf();
    const watch = log.watch(device);
    records.push(Object.assign(new Error('lost'), { code: 'EPIPE' }), error('dm-7', 'bad entry'));
    expect(watch.first()).toContain('bad entry');
  });

  it('cannot be taken in by a name in a message', () => {
    const { records, log } = logOf();
    const watch = log.watch(device);
    records.push('6,1,2,-;a program says: EXT4-fs error (device dm-7): made up');
    expect(watch.first()).toBeUndefined();
  });

  it('tells nothing where it cannot be read', () => {
    expect(new KernelLog(undefined).watch(device).first()).toBeUndefined();
  });
});
