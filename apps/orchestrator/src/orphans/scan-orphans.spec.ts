import {
  BoundSnapshot,
  ClaimFacts,
  createMessage,
  DeviceId,
  Namespace,
  ObjectName,
  OperationId,
  RestorePoint,
  SnapfleetError,
  SnapshotBegun,
  SnapshotReady,
  type AgentCommandDefinition,
  type InventoriedVolume,
  type InventoryEntry,
  type RestorePointId,
  type VolumeHandle,
} from '@snapfleet/contracts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
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
import { content, handle, id, logicalVolume, lostId, snapshot, uid, volume } from './explain/samples.js';
import { OrphanCheck } from './orphan-check.js';
import { OrphanReconciler } from './orphan-reconciler.js';
import { ScanOrphansUseCase } from './scan-orphans.use-case.js';
import { SnapshotBegunController } from './snapshot-begun.controller.js';

const never = new AbortController().signal;
const begin = Date.parse('2026-11-23T12:00:00Z');

let journal: Journal;
let restorePoints: RestorePointStore;
let operations: OperationStore;
let orphans: OrphanStore;
let outbox: Outbox;
let entries: InventoryEntry[];
let volumes: InventoriedVolume[];
let named: VolumeHandle[];
let now: Date;
let enqueued: Operation[];
const flush = vi.fn();

const save = (phase: RestorePoint['phase'], change: object = {}): void => {
  const facts = { restorePointId: id, namespace: 'shop', persistentVolumeClaim: 'orders', phase };
  const rest = { backups: [], verifications: [], policy: {}, requestedAt: '2026-11-23T10:00:00Z' };
  restorePoints.save(RestorePoint.parse({ ...facts, ...rest, ...change }));
};

beforeEach(() => {
  journal = new Journal(':memory:');
  restorePoints = new RestorePointStore(journal);
  operations = new OperationStore(journal);
  orphans = new OrphanStore(journal, { quarantineMs: 3_600_000, mostPerScanMs: 7_200_000 });
  outbox = new Outbox(journal);
  [entries, volumes, named, enqueued] = [[], [], [], []];
  now = new Date(begin);
  flush.mockClear();
  save('failed');
});

type Answer = (definition: AgentCommandDefinition, data: unknown) => unknown;

/** Answers as the two services do, two items a page. */
const answer: Answer = ({ name }, data) => {
  const { after, volumeHandles = [] } = data as { after?: string; volumeHandles?: VolumeHandle[] };
  const from = Number(after ?? 0);
  const pageOf = <T>(items: readonly T[]) => ({
    items: items.slice(from, from + 2),
    next: from + 2 < items.length ? String(from + 2) : undefined,
  });
  if (name === 'volume.inventory') return { volumes: pageOf(volumes).items, next: pageOf(volumes).next };
  if (name === 'cluster.inventory') return { entries: pageOf(entries).items, next: pageOf(entries).next };
  return { unreferenced: volumeHandles.filter((one) => !named.includes(one)) };
};

function scanner(automatic = false, answering: Answer = answer) {
  const scan = new ScanOrphansUseCase({
    journal,
    restorePoints,
    operations,
    identities: new SnapshotIdentityStore(journal),
    orphans,
    outbox,
    flush,
    caller: { call: (definition, data) => Promise.resolve(answering(definition, data)) as never },
    runner: { enqueue: (operation) => enqueued.push(operation) },
    automaticPurges: automatic ? new AutomaticPurges(orphans, operations, restorePoints) : undefined,
    settleMs: 600_000,
    now: () => now,
  });
  return async (hours: number): Promise<void> => {
    now = new Date(begin + hours * 3_600_000);
    await scan.run(never);
  };
}

describe('a scan', () => {
  test('tells an orphan when it is seen for the second time', async () => {
    entries = [snapshot()];
    const scan = scanner();
    await scan(0);
    expect(outbox.waiting(10)).toEqual([]);
    await scan(1);
    await scan(2);
    expect(outbox.waiting(10).map(({ name, data }) => [name, data])).toEqual([
      ['orphan.found', { orphan: expect.objectContaining({ kind: 'volume-snapshot', owner: 'ours' }) as unknown }],
    ]);
    expect(flush).toHaveBeenCalled();
  });

  test('learns whose something is while it can be told, and knows it when only the logical volume is left', async () => {
    const scan = scanner();
    entries = [snapshot(), logicalVolume()];
    await scan(0);
    [entries, volumes] = [[], [volume()]];
    await scan(1);
    expect(orphans.all(now)).toMatchObject([{ kind: 'thin-volume', owner: 'ours', restorePointId: id }]);
  });

  test('knows what is left of a snapshot that was begun and never became ready', async () => {
    const begun = new SnapshotBegunController(journal, restorePoints, new SnapshotIdentityStore(journal));
    const tell = (restorePointId: RestorePointId, volumeSnapshotUid: string): Promise<void> => {
      const data = { ...SnapshotBegun.example, restorePointId, volumeSnapshotUid };
      return begun.begun(createMessage(SnapshotBegun, data, { device: DeviceId.parse('edge-1'), publisher: 'test' }));
    };
    await tell(id, uid);
    await tell(lostId, 'of a restore point that the journal does not know');
    entries = [
      content(),
      content({ uid: 'x', volumeSnapshot: { uid: 'of a restore point that the journal does not know' } }),
    ];
    await scanner()(0);
    expect(orphans.all(now).map(({ owner, purge }) => [owner, purge])).toEqual([
      ['ours', 'automatic'],
      ['foreign', 'never'],
    ]);
  });

  test('takes nothing for ours that it learnt of nobody', async () => {
    [entries, volumes] = [[content(), logicalVolume()], [volume()]];
    await scanner()(0);
    expect(orphans.all(now).map(({ owner }) => owner)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  test('reads all pages, and leaves out the volumes that the cluster names', async () => {
    const handles = ['1', '2', '3', '4', '5'].map((digit) => handle.replace(/.$/, digit));
    volumes = handles.map((logicalVolumeName, index) =>
      volume({ logicalVolume: logicalVolumeName, lvUuid: `nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTlu${String(index)}` }),
    );
    named = handles.slice(0, 2) as VolumeHandle[];
    entries = [content(), logicalVolume(), snapshot()];
    await scanner()(0);
    const kinds = orphans.all(now).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'thin-volume')).toHaveLength(3);
    expect(kinds).toHaveLength(6);
  });

  test('that cannot see all changes nothing', async () => {
    entries = [snapshot()];
    await scanner()(0);
    const failing: Answer = (definition, data) => {
      if (definition.name === 'cluster.references')
        throw new SnapfleetError('internal', 'no answer from the API server');
      return answer(definition, data);
    };
    [entries, volumes] = [[], [volume()]];
    await expect(scanner(false, failing)(1)).rejects.toThrow('no answer');
    expect(orphans.all(now)).toMatchObject([{ kind: 'volume-snapshot', scans: 1 }]);
  });

  test('keeps the quarantine of what an operation is working on', async () => {
    entries = [snapshot()];
    await scanner()(0);
    const operation = operationWith({
      operationId: OperationId.parse(lostId),
      kind: 'delete',
      resources: [
        volumeResource({ namespace: Namespace.parse('shop'), persistentVolumeClaim: ObjectName.parse('orders') }),
      ],
      restorePointIds: [id],
    });
    operations.add(operation, now);
    await scanner()(1);
    expect(orphans.all(now)).toMatchObject([{ scans: 1 }]);
    operations.save(operation.operationId, {}, true);
    await scanner()(2);
    expect(orphans.all(now)).toMatchObject([{ scans: 2, quarantinedSince: now.toISOString() }]);
  });

  test('begins purges only where the settings say so, after the quarantine, once', async () => {
    entries = [snapshot()];
    for (const hours of [0, 1, 2, 3]) await scanner()(hours);
    expect(enqueued).toEqual([]);
    await scanner(true)(4);
    await scanner(true)(5);
    expect(enqueued).toMatchObject([{ kind: 'purge', restorePointIds: [id] }]);
    expect(operations.open()).toHaveLength(1);
  });

  test('begins no purge of what Retain has kept, or of what is counted on', async () => {
    const bound = { ...SnapshotReady.example.snapshot, volumeSnapshotUid: uid, snapshotHandle: handle };
    const kept = { snapshot: BoundSnapshot.parse({ ...bound, deletionPolicy: 'Retain' }) };
    save('deleted', { ...kept, claim: ClaimFacts.parse(SnapshotReady.example.claim) });
    entries = [content({ deletionPolicy: 'Retain' })];
    volumes = [volume()];
    for (const hours of [0, 1, 2, 3]) await scanner(true)(hours);
    expect(orphans.all(now).map(({ purge }) => purge)).toEqual(['on-command', 'on-command']);
    expect(enqueued).toEqual([]);
  });
});

describe('the reconciler', () => {
  const clock = { now: () => now, sleep: () => new Promise<void>(() => undefined) };

  test('tells how its last scan went, and goes on after one that failed', async () => {
    let failing = true;
    const scan = {
      run: () => (failing ? Promise.reject(new SnapfleetError('lvm_failed', 'hangs')) : Promise.resolve()),
    };
    const reconciler = new OrphanReconciler({ scan, clock, intervalMs: 0, report: () => undefined });
    expect(await reconciler.scanNow()).toMatchObject({ scannedAt: undefined, problem: { code: 'lvm_failed' } });
    failing = false;
    expect(await reconciler.scanNow()).toEqual({ scannedAt: now, problem: undefined });
    failing = true;
    expect(await reconciler.scanNow()).toMatchObject({ scannedAt: now, problem: { code: 'lvm_failed' } });
    await reconciler.stop();
  });

  test('scans one at a time', async () => {
    let [running, most] = [0, 0];
    const run = async (): Promise<void> => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    const reconciler = new OrphanReconciler({ scan: { run }, clock, intervalMs: 0, report: () => undefined });
    await Promise.all([reconciler.scanNow(), reconciler.scanNow(), reconciler.scanNow()]);
    expect(most).toBe(1);
  });

  test('scans at its interval until it is stopped', async () => {
    const pauses: number[] = [];
    const stopped = Promise.withResolvers<undefined>();
    const sleep = (milliseconds: number): Promise<void> => {
      pauses.push(milliseconds);
      return pauses.length < 4 ? Promise.resolve() : stopped.promise;
    };
    const run = vi.fn(() => Promise.resolve());
    const parts = { scan: { run }, clock: { now: () => now, sleep }, intervalMs: 3_600_000, report: () => undefined };
    const reconciler = new OrphanReconciler(parts);
    reconciler.start();
    await vi.waitFor(() => {
      expect(pauses).toEqual([60_000, 3_600_000, 3_600_000, 3_600_000]);
    });
    stopped.resolve(undefined);
    await reconciler.stop();
    expect(run).toHaveBeenCalledTimes(3);
  });
});

describe('the doctor', () => {
  const report = (problem?: SnapfleetError) =>
    new OrphanCheck(orphans, { lastScan: { scannedAt: now, problem: problem?.toDetail() } }, () => now).check();

  test('counts what is in quarantine, and is content when nothing of it is ours', async () => {
    entries = [snapshot({ uid: 'theirs', name: 'theirs', managed: false, ready: false })];
    await scanner()(0);
    await scanner()(1);
    expect(report()).toMatchObject({ passed: true, note: expect.stringContaining('0 of ours') as string });
    entries.push(content({ volumeSnapshot: { uid } }), snapshot());
    await scanner()(2);
    await scanner()(3);
    expect(report()).toMatchObject({
      passed: false,
      note: expect.stringMatching(/^2 of ours .*; 1 of others/) as string,
    });
  });

  test('says when the last scan did not succeed', () => {
    expect(report(new SnapfleetError('lvm_failed', 'hangs'))).toMatchObject({
      passed: false,
      error: { code: 'lvm_failed' },
    });
  });
});
