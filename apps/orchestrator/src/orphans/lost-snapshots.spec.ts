import {
  BoundSnapshot,
  ClaimFacts,
  type InventoriedVolume,
  type InventoryEntry,
  OperationId,
  RestorePoint,
  type RestorePointId,
  SnapfleetError,
  SnapshotReady,
} from '@snapfleet/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { wouldRemoveLastGoodCopy } from '../catalogue/last-good-copy.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { OrphanStore } from '../journal/orphan.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { SnapshotIdentityStore } from '../journal/snapshot-identity.store.js';
import type { Operation } from '../operations/operation.js';
import { volumeResource } from '../operations/resources.js';
import { operationWith } from '../testing/samples.js';
import { AutomaticPurges } from './automatic-purges.js';
import { handle, id, lostId as otherId, snapshot, uid, volume } from './explain/samples.js';
import { LostSnapshotCheck } from './lost-snapshot-check.js';
import { ScanOrphansUseCase } from './scan-orphans.use-case.js';

const never = new AbortController().signal;
const at = '2026-11-23T10:00:00Z';
const bound = (volumeSnapshotUid: string): BoundSnapshot =>
  BoundSnapshot.parse({ ...SnapshotReady.example.snapshot, volumeSnapshotUid, snapshotHandle: handle });
const proof = { level: 'snapshot', state: 'verified', verifiedAt: at };

let journal: Journal;
let restorePoints: RestorePointStore;
let operations: OperationStore;
let orphans: OrphanStore;
let outbox: Outbox;
let entries: InventoryEntry[];
let volumes: InventoriedVolume[];
let whileReading: () => void;
let now: Date;
let purges: Operation[];

const save = (restorePointId: RestorePointId, change: object = {}): void => {
  const facts = { restorePointId, namespace: 'shop', persistentVolumeClaim: 'orders', phase: 'verified-local' };
  const rest = { backups: [], verifications: [proof], policy: {}, requestedAt: at };
  const claim = ClaimFacts.parse(SnapshotReady.example.claim);
  restorePoints.save(RestorePoint.parse({ ...facts, ...rest, claim, snapshot: bound(uid), ...change }));
};
const point = (restorePointId = id): RestorePoint => {
  const found = restorePoints.find(restorePointId);
  if (found === undefined) throw new Error(`there is no ${restorePointId}`);
  return found;
};
const told = () => outbox.waiting(100).filter(({ name }) => name === 'snapshot.lost');

const restoreOf = (restorePointId: RestorePointId): Operation =>
  operationWith({
    operationId: OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a89'),
    kind: 'restore',
    resources: [volumeResource(point(restorePointId))],
    restorePointIds: [restorePointId],
  });

beforeEach(() => {
  journal = new Journal(':memory:');
  restorePoints = new RestorePointStore(journal);
  operations = new OperationStore(journal);
  orphans = new OrphanStore(journal, { quarantineMs: 0, mostPerScanMs: 7_200_000 });
  outbox = new Outbox(journal);
  [entries, volumes, purges, whileReading] = [[], [], [], () => undefined];
  now = new Date(at);
  save(id);
});

/** One scan by a service that has just been started. */
async function scan(): Promise<void> {
  now = new Date(now.getTime() + 3_600_000);
  const answer = (name: string): unknown => {
    if (name === 'volume.inventory') return { volumes };
    if (name === 'cluster.references') return { unreferenced: [handle] };
    whileReading();
    return { entries };
  };
  await new ScanOrphansUseCase({
    journal,
    restorePoints,
    operations,
    identities: new SnapshotIdentityStore(journal),
    orphans,
    outbox,
    flush: () => undefined,
    caller: { call: ({ name }) => Promise.resolve(name).then(answer) as never },
    runner: { enqueue: (operation) => purges.push(operation) },
    automaticPurges: new AutomaticPurges(orphans, operations, restorePoints),
    settleMs: 0,
    now: () => now,
  }).run(never);
}
const fail = async (): Promise<void> => {
  whileReading = () => {
    throw new SnapfleetError('internal', 'no answer from the API server');
  };
  await expect(scan()).rejects.toThrow('no answer');
  whileReading = () => undefined;
};

describe('a VolumeSnapshot that two complete scans in a row have missed', () => {
  test('is lost with its proof, told once, and is no other copy any more', async () => {
    save(otherId, { snapshot: bound('another') });
    entries = [snapshot({ uid: 'another', restorePointId: otherId, name: `snapfleet-${otherId}` })];
    await scan();
    expect(point()).toMatchObject({ phase: 'verified-local', snapshot: bound(uid) });
    for (let more = 0; more < 3; more += 1) await scan();
    expect(point()).toMatchObject({
      phase: 'resumed',
      verifications: [{ state: 'failed', error: { code: 'snapshot_not_found' } }],
      lostSnapshot: { snapshot: bound(uid) },
    });
    expect(point()).not.toHaveProperty('snapshot');
    expect(told().map(({ data }) => data)).toMatchObject([
      { restorePointId: id, volumeSnapshotUid: uid, logicalVolumeLeft: false, phase: 'resumed' },
    ]);
    const others = restorePoints.ofName(point());
    expect(wouldRemoveLastGoodCopy(point(otherId), others, false)).toBe(true);
  });

  test('leaves the backups, their proof, and verifications that are still waited for', async () => {
    const backups = [
      { mover: 'copy', state: 'completed', reference: { mover: 'copy', destination: 'd', location: 'l' } },
    ];
    const ofBackup = { level: 'backup', mover: 'copy', state: 'verified', verifiedAt: at };
    save(id, { phase: 'verified-remote', backups, verifications: [{ ...proof, state: 'pending' }, ofBackup] });
    await scan();
    await scan();
    expect(point()).toMatchObject({ phase: 'verified-remote', backups });
    expect(point().verifications).toEqual([{ level: 'snapshot', state: 'pending' }, ofBackup]);
  });

  test('loses nothing of what is left of it, even where orphans are purged by themselves', async () => {
    volumes = [volume()];
    for (let scans = 0; scans < 5; scans += 1) await scan();
    expect(told()).toMatchObject([{ data: { logicalVolumeLeft: true } }]);
    expect(orphans.all(now)).toMatchObject([{ kind: 'thin-volume', owner: 'ours', purge: 'never' }]);
    expect(purges).toEqual([]);
  });

  test('is taken back without its proof where it is seen again', async () => {
    await scan();
    await scan();
    entries = [snapshot()];
    await scan();
    expect(point()).toMatchObject({ phase: 'resumed', snapshot: bound(uid), verifications: [{ state: 'failed' }] });
    expect(point()).not.toHaveProperty('lostSnapshot');
    expect(orphans.all(now)).toEqual([]);
  });

  test('is shown by the doctor', async () => {
    const check = () => new LostSnapshotCheck(restorePoints).check();
    expect(check().passed).toBe(true);
    await scan();
    await scan();
    expect(check()).toMatchObject({ passed: false, note: expect.stringContaining(`${id} of shop/orders`) as string });
  });
});

describe('a VolumeSnapshot is not lost', () => {
  test('that one scan has missed, and the next one sees', async () => {
    for (const seen of [false, true, false]) {
      entries = seen ? [snapshot()] : [];
      await scan();
    }
    expect(point()).toHaveProperty('snapshot');
  });

  test('by a scan that failed, which says nothing either way', async () => {
    await scan();
    await fail();
    await fail();
    expect(point()).toHaveProperty('snapshot');
    await scan();
    expect(point()).not.toHaveProperty('snapshot');
  });

  test('that was made while the scan was reading', async () => {
    whileReading = () => {
      save(otherId, { snapshot: bound('made meanwhile') });
    };
    await scan();
    whileReading = () => undefined;
    await scan();
    expect(point(otherId)).toHaveProperty('snapshot');
    await scan();
    expect(point(otherId)).not.toHaveProperty('snapshot');
  });

  test('while an operation is under way, after which it has to be missed twice', async () => {
    await scan();
    const operation = restoreOf(id);
    operations.add(operation, now);
    await scan();
    await scan();
    expect(point()).toHaveProperty('snapshot');
    operations.save(operation.operationId, {}, true);
    await scan();
    expect(point()).toHaveProperty('snapshot');
    await scan();
    expect(point()).not.toHaveProperty('snapshot');
  });

  test.each(['deleting', 'deleted', 'failed'])('of a restore point that is %s', async (phase) => {
    save(id, { phase });
    for (let scans = 0; scans < 3; scans += 1) await scan();
    expect(point()).toMatchObject({ phase, snapshot: bound(uid) });
    expect(told()).toEqual([]);
  });
});
