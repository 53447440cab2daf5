import { VolumeHandle } from '@snapfleet/contracts';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaseJournal, type JournalEntry } from './lease-journal.js';

let directory: string;
const opened: LeaseJournal[] = [];
const open = async (): Promise<LeaseJournal> => {
  const journal = await LeaseJournal.open(directory);
  opened.push(journal);
  return journal;
};
const volumeHandle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const exposing = (leaseId: string, activates = true): JournalEntry => ({
  event: 'exposing',
  leaseId,
  bootId: 'boot',
  volumeHandle,
  lvUuid: 'uuid',
  fullName: 'rhel/x',
  activates,
});
const holder = { bootId: 'boot', pid: 42, startTime: '7' };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-journal-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((journal) => journal.close()));
  await rm(directory, { recursive: true, force: true });
});

describe('the journal of leases', () => {
  it('still knows after a crash what was not ended, with its holder', async () => {
    const journal = await open();
    await journal.write(exposing('one'));
    await journal.write({ event: 'held', leaseId: 'one', holder });
    await journal.write(exposing('two', false));
    await journal.write({ event: 'concealed', leaseId: 'two' });
    // Not closed, as in a crash.
    const { openLeases } = await open();
    expect(openLeases).toEqual([expect.objectContaining({ leaseId: 'one', activates: true, holder })]);
  });

  it('knows whether a volume is active because of us, in this boot', async () => {
    const journal = await open();
    await journal.write(exposing('one'));
    expect(journal.activatedByUs('uuid', 'boot')).toBe(true);
    expect(journal.activatedByUs('uuid', 'another boot')).toBe(false);
    expect(journal.activatedByUs('another', 'boot')).toBe(false);
    await journal.write({ event: 'concealed', leaseId: 'one' });
    expect(journal.activatedByUs('uuid', 'boot')).toBe(false);
  });

  it('ignores a line that a power cut has torn, and counts a line that makes no sense', async () => {
    const journal = await open();
    await journal.write(exposing('one'));
    await journal.close();
    await appendFile(join(directory, 'leases.jsonl'), 'nonsense\n{"event":"concea');
    const after = await open();
    expect(after.unreadableLines).toBe(1);
    expect(after.openLeases.map((lease) => lease.leaseId)).toEqual(['one']);
  });

  it('stays small however many leases come and go', async () => {
    const journal = await open();
    await journal.write(exposing('stays'));
    for (let count = 0; count < 600; count += 1) {
      await journal.write(exposing('passes'));
      await journal.write({ event: 'concealed', leaseId: 'passes' });
    }
    await journal.close();
    const lines = (await readFile(join(directory, 'leases.jsonl'), 'utf8')).split('\n');
    expect(lines.length).toBeLessThan(1_100);
    expect((await open()).openLeases.map((lease) => lease.leaseId)).toEqual(['stays']);
  });

  it('is whole again after a write that failed in the middle', async () => {
    let failing = true;
    const journal = await LeaseJournal.open(directory, (_effect, moment) => {
      if (failing && moment === 'during') throw new Error('no space left');
    });
    opened.push(journal);
    await expect(journal.write(exposing('torn'))).rejects.toThrow('no space left');
    failing = false;
    await journal.write(exposing('one'));
    const after = await open();
    expect(after.unreadableLines).toBe(0);
    expect(after.openLeases.map((lease) => lease.leaseId)).toEqual(['one']);
  });
});
