import { Orphan, OrphanId, orphanExample } from '@snapfleet/contracts';
import { beforeEach, expect, test } from 'vitest';
import { Journal } from './journal.js';
import { OrphanStore } from './orphan.store.js';

const hour = 3_600_000;
const begin = Date.parse('2026-11-23T10:00:00Z');
const at = (hours: number): Date => new Date(begin + hours * hour);
const orphan = Orphan.parse(orphanExample);
const other = Orphan.parse({ ...orphanExample, orphanId: 'b7c1f3a2-5d0e-5a6b-8c9d-1e2f3a4b5c6e', owner: 'unknown' });

let store: OrphanStore;
beforeEach(() => {
  store = new OrphanStore(new Journal(':memory:'), { quarantineMs: 24 * hour, mostPerScanMs: 2 * hour });
});
const scan = (hours: number, seen: readonly Orphan[] = [orphan], undecided: readonly OrphanId[] = []) =>
  store.takeIn(seen, undecided, at(hours)).map(({ orphanId }) => orphanId);
const found = (hours: number) => store.find(orphan.orphanId, at(hours));

test('the quarantine begins with the second scan in a row, and is told once', () => {
  expect(scan(0)).toEqual([]);
  expect(found(0)).toMatchObject({ scans: 1, quarantineOver: false, quarantinedSeconds: 0 });
  expect(scan(1)).toEqual([orphan.orphanId]);
  expect(scan(2)).toEqual([]);
  expect(found(2)).toMatchObject({ scans: 3, quarantinedSince: at(1).toISOString(), quarantinedSeconds: 3600 });
});

test('the quarantine is over when its time has been counted, scan by scan', () => {
  for (let hours = 0; hours <= 24; hours += 1) scan(hours);
  expect(found(24)?.quarantineOver).toBe(false);
  scan(25);
  expect(found(25)?.quarantineOver).toBe(true);
});

test('a clock that jumps ends no quarantine, and one that goes back does no harm', () => {
  scan(0);
  scan(1);
  scan(1 + 365 * 24);
  expect(found(1 + 365 * 24)).toMatchObject({ quarantinedSeconds: 2 * 3600, quarantineOver: false });
  scan(1);
  expect(found(1)).toMatchObject({ quarantinedSeconds: 2 * 3600, quarantineOver: false });
  expect(found(400 * 24)?.quarantineOver).toBe(false);
});

test('what a scan does not see any more is forgotten, and begins anew', () => {
  scan(0);
  scan(1);
  scan(2, [other]);
  expect(found(2)).toBeUndefined();
  scan(3);
  expect(found(3)).toMatchObject({ scans: 1 });
  expect(found(3)?.quarantinedSince).toBeUndefined();
});

test('what a scan could not judge stays as it was', () => {
  scan(0);
  scan(1);
  scan(2, [], [orphan.orphanId]);
  expect(found(2)).toMatchObject({ scans: 2, lastSeen: at(1).toISOString() });
});

test('the quarantine begins anew when something that had to stay may be purged', () => {
  const staying = { ...orphan, purge: 'never' as const };
  scan(0, [staying]);
  expect(scan(1, [staying])).toEqual([orphan.orphanId]);
  expect(scan(2)).toEqual([orphan.orphanId]);
  expect(found(2)).toMatchObject({ quarantinedSince: at(2).toISOString(), quarantinedSeconds: 0 });
});

test('ours are listed first, the largest of them first', () => {
  const large = Orphan.parse({
    ...orphanExample,
    orphanId: 'b7c1f3a2-5d0e-5a6b-8c9d-1e2f3a4b5c6f',
    sizeBytes: 2 ** 40,
  });
  scan(0, [other, orphan, large]);
  expect(store.all(at(0)).map(({ orphanId }) => orphanId)).toEqual([large.orphanId, orphan.orphanId, other.orphanId]);
});
