import { deterministicUuid, OperationId, PodUid, SnapfleetError } from '@snapfleet/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ExposureLock } from '../exposure/exposure-lock.js';
import type { PodCgroup } from '../privileged/pod-cgroups.js';
import { currentBootId } from '../privileged/process-identity.js';
import { FreezeJournal } from './freeze-journal.js';
import type { FreezeEnd, PodCgroups, Watchdog, Watchdogs } from './freeze-ports.js';
import { FreezeWriters } from './freeze-writers.use-case.js';

const operationId = OperationId.parse(deterministicUuid('operation'));
const podUid = PodUid.parse(deterministicUuid('pod'));
const command = { operationId, podUids: [podUid], maximumSeconds: 5 };

/** Cgroups and watchdogs that do as they are told. */
class FakePods implements PodCgroups, Watchdogs {
  readonly frozen = new Set<string>();
  readonly gone = new Set<string>();
  started = 0;
  fails = false;
  private ending = Promise.withResolvers<FreezeEnd>();

  find(uid: PodUid): PodCgroup {
    return { directory: `/cgroup/${uid}`, inode: 1 };
  }

  isThere({ directory }: PodCgroup): boolean {
    return !this.gone.has(directory);
  }

  isAskedToFreeze({ directory }: PodCgroup): boolean {
    return this.frozen.has(directory);
  }

  thaw({ directory }: PodCgroup): void {
    this.frozen.delete(directory);
  }

  start(cgroups: readonly PodCgroup[]): Promise<Watchdog> {
    this.started += 1;
    for (const { directory } of cgroups) this.frozen.add(directory);
    if (this.fails) return Promise.reject(new SnapfleetError('freeze_failed', 'not every process was stopped'));
    this.ending = Promise.withResolvers();
    return Promise.resolve({
      ended: this.ending.promise,
      release: () => {
        for (const { directory } of cgroups) this.frozen.delete(directory);
        this.ending.resolve({ held: true });
        return this.ending.promise;
      },
    });
  }

  /** The watchdog ends by itself; killed, it lets nothing go. */
  end(reason: string): void {
    this.ending.resolve({ held: false, reason });
  }
}

let directory: string;
let pods: FakePods;
let journal: FreezeJournal;
let writers: FreezeWriters;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-freeze-'));
  pods = new FakePods();
  await openService();
});

afterEach(async () => {
  await writers.thawAll();
  await rm(directory, { recursive: true, force: true });
});

async function openService(): Promise<void> {
  journal = await FreezeJournal.open(directory);
  writers = new FreezeWriters({ cgroups: pods, watchdogs: pods, journal, lock: new ExposureLock(), log: quiet });
}

test('what was frozen until it was let go was held', async () => {
  const { freezeId } = await writers.freeze(command);
  expect(pods.frozen.size).toBe(1);
  await expect(writers.thaw({ operationId, freezeId })).resolves.toMatchObject({ held: true });
  expect(pods.frozen.size).toBe(0);
  expect(journal.openFreezes).toEqual([]);
});

test('the same command again is the same freeze', async () => {
  const first = await writers.freeze(command);
  await expect(writers.freeze(command)).resolves.toEqual(first);
  expect(pods.started).toBe(1);
});

test('a watchdog that was killed lets nothing go, so the service does, and says that it was not held', async () => {
  const { freezeId } = await writers.freeze(command);
  pods.end('it was killed');
  await vi.waitFor(() => {
    expect(pods.frozen.size).toBe(0);
  });
  await expect(writers.thaw({ operationId, freezeId })).resolves.toMatchObject({
    held: false,
    reason: 'it was killed',
  });
});

test('a freeze after the first one ended is another one, and never taken for it', async () => {
  const { freezeId } = await writers.freeze(command);
  pods.end('the time was over');
  await vi.waitFor(() => {
    expect(journal.openFreezes).toEqual([]);
  });
  await writers.freeze(command);
  await expect(writers.thaw({ operationId, freezeId })).resolves.toMatchObject({ held: false });
});

test('a freeze that comes after its thaw is refused', async () => {
  await writers.freeze(command);
  await writers.thaw({ operationId });
  await expect(writers.freeze(command)).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(pods.frozen.size).toBe(0);
});

test('a Pod that was removed while it was frozen may have a successor that writes', async () => {
  const { freezeId } = await writers.freeze(command);
  pods.gone.add(`/cgroup/${podUid}`);
  await expect(writers.thaw({ operationId, freezeId })).resolves.toMatchObject({
    held: false,
    reason: 'a Pod was removed',
  });
});

test('what somebody else has frozen is left alone', async () => {
  pods.frozen.add(`/cgroup/${podUid}`);
  await expect(writers.freeze(command)).rejects.toMatchObject({ code: 'freeze_failed' });
  await expect(writers.thaw({ operationId })).resolves.toMatchObject({ held: false });
  expect(pods.frozen.size).toBe(1);
});

test('a freeze that fails half way leaves nothing frozen', async () => {
  pods.fails = true;
  await expect(writers.freeze(command)).rejects.toMatchObject({ code: 'freeze_failed' });
  expect(pods.frozen.size).toBe(0);
  expect(journal.openFreezes).toEqual([]);
});

test('after a crash of service and watchdog the next run lets go what the journal names', async () => {
  await writers.freeze(command);
  const crashed = writers;
  await openService();
  expect(pods.frozen.size).toBe(1);
  await writers.sweep();
  expect(pods.frozen.size).toBe(0);
  expect(journal.openFreezes).toEqual([]);
  await crashed.thawAll();
});

test('what was frozen before the machine was booted again is not looked for', async () => {
  await writers.freeze(command);
  const crashed = writers;
  await openService();
  await writers.sweep(`not ${currentBootId()}`);
  expect(pods.frozen.size).toBe(1);
  expect(journal.openFreezes).toEqual([]);
  await crashed.thawAll();
});
