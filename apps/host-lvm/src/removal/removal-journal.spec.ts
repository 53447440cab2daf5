import { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RemovalJournal, type RemovalIntent } from './removal-journal.js';

let directory: string;
const intent: RemovalIntent = {
  volumeHandle: VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87'),
  lvUuid: LvUuid.parse('abcdef-0123-4567-89ab-cdef-0123-456789'),
  fullName: 'rhel/x',
  begunAt: '2026-11-20T10:00:00.000Z',
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-removals-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('the journal of removals', () => {
  it('still knows after a crash what was begun, until it is ended', async () => {
    await (await RemovalJournal.open(directory)).begin(intent);

    const journal = await RemovalJournal.open(directory);
    expect(await journal.unfinished()).toEqual([intent]);
    await journal.end(intent.lvUuid);
    expect(await journal.unfinished()).toEqual([]);
  });

  it('drops what a crash has left half written, for its removal was not begun', async () => {
    const removals = join(directory, 'removals');
    await mkdir(removals);
    await writeFile(join(removals, `${intent.lvUuid}.json.partial`), JSON.stringify(intent));
    await writeFile(join(removals, 'torn.json'), '{"volumeHandle":');

    const journal = await RemovalJournal.open(directory);
    expect(await journal.unfinished()).toEqual([]);
    expect(await readdir(removals)).toEqual([]);
  });

  it('disturbs no removal that is being begun while it is asked what is unfinished', async () => {
    const journal = await RemovalJournal.open(directory);
    const now = { begun: false };
    const beginning = journal.begin(intent).finally(() => (now.begun = true));
    while (!now.begun) await journal.unfinished();

    await beginning;
    expect(await journal.unfinished()).toEqual([intent]);
  });
});
