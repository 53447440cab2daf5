import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectName, ObjectUid } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyOf, namespace, operationId, quiescedDeployment } from '../testing/samples.js';
import { TimerStore } from './timer-store.js';
import type { ArmedTimer } from './timer.js';

let directory: string;
const quiesced = quiescedDeployment(new FakeCluster());
const armed: ArmedTimer = {
  state: 'armed',
  ...keyOf(quiesced),
  namespace,
  saved: quiesced.workload,
  anchor: { bootId: 'b', uptimeMs: 1, remainingMs: 2 },
  dueAt: '2026-11-23T12:15:00.000Z',
};

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'snapfleet-timers-')), 'state');
});

afterEach(() => {
  rmSync(join(directory, '..'), { recursive: true });
});

test('what was saved is there after a restart, and only open timers are open', () => {
  const store = TimerStore.open(directory);
  store.save(armed);
  const ended = { state: 'disarmed', operationId, workloadUid: 'other' as never, wasArmed: true } as const;
  store.save(ended);
  store.close();
  const again = TimerStore.open(directory);
  expect(again.open()).toEqual([armed]);
  expect(again.find(ended)).toEqual(ended);
  expect(again.brokenFile).toBeUndefined();
  again.close();
});

test('a second guard cannot have the file', () => {
  const store = TimerStore.open(directory);
  expect(() => TimerStore.open(directory, { lockMs: 0 })).toThrow(/locked/);
  store.close();
  TimerStore.open(directory, { lockMs: 0 }).close();
});

test('a file that cannot be read is put aside and a new one begun', () => {
  TimerStore.open(directory).close();
  writeFileSync(
    join(directory, 'timers.sqlite'),
    'no database at all, but long enough to be looked at as one'.repeat(99),
  );
  const store = TimerStore.open(directory);
  expect(store.brokenFile).toMatch(/timers\.sqlite\.broken-/);
  store.save(armed);
  expect(store.open()).toEqual([armed]);
  store.close();
  expect(readdirSync(directory).filter((name) => name.includes('broken'))).toHaveLength(1);
});

test('a file that is damaged while it is open is told, so that a new start can put it aside', () => {
  const damages: unknown[] = [];
  const store = TimerStore.open(directory, { onDamage: (error) => damages.push(error) });
  const manifest = { metadata: { name: 'base' }, text: 'x'.repeat(100_000) };
  // More than SQLite keeps in memory, so that it has to read again.
  for (let index = 0; index < 60; index += 1) {
    const saved = { kind: 'Pod', name: ObjectName.parse('base'), uid: ObjectUid.parse('u'), manifest } as const;
    store.save({ ...armed, workloadUid: ObjectUid.parse(`u-${String(index)}`), saved });
  }
  for (const name of ['timers.sqlite', 'timers.sqlite-wal']) {
    const file = join(directory, name);
    const size = statSync(file).size;
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(size - 4_096, 0xff), 0, size - 4_096, 4_096);
    closeSync(handle);
  }
  expect(() => store.open()).toThrow(/malformed/);
  expect(damages).toHaveLength(1);
  store.close();
  const again = TimerStore.open(directory);
  expect(again.brokenFile).toMatch(/timers\.sqlite\.broken-/);
  again.close();
});

test('another failure of the disk is no damage', () => {
  const damages: unknown[] = [];
  const store = TimerStore.open(directory, { onDamage: (error) => damages.push(error) });
  store.close();
  expect(() => store.open()).toThrow();
  expect(damages).toEqual([]);
});

test('of ended timers the newest are remembered, of open ones all', () => {
  const store = TimerStore.open(directory, { mostEnded: 3 });
  const ended = (index: number) =>
    ({ state: 'disarmed', operationId, workloadUid: `uid-${String(index)}` as never, wasArmed: true }) as const;
  store.save(armed);
  for (let index = 0; index < 5; index += 1) store.save(ended(index));
  expect(store.open()).toEqual([armed]);
  expect([0, 1, 2, 3, 4].map((index) => store.find(ended(index)) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  store.close();
});
