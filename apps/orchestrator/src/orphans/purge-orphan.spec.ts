import {
  createMessage,
  DeviceId,
  Orphan,
  OrphanPurge,
  orphanExample,
  RestorePoint,
  SnapfleetError,
  SnapshotReady,
  type AgentCommandDefinition,
} from '@snapfleet/contracts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import { EventRecorder } from '../journal/event-recorder.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { OrphanStore } from '../journal/orphan.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { OperationRunner, type StepCaller } from '../operations/operation-runner.js';
import { workflows } from '../workflow/workflows.js';
import { AcceptPurgeUseCase } from './accept-purge.use-case.js';

const device = DeviceId.parse('edge-1');
const { claim, snapshot } = SnapshotReady.example;
const handle = snapshot.snapshotHandle;
const lvUuid = 'nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO';
const content = Orphan.parse({ ...orphanExample, volumeSnapshotUid: snapshot.volumeSnapshotUid });
const thin = Orphan.parse({ ...orphanExample, kind: 'thin-volume', name: `rhel/${handle}`, uid: lvUuid });
const notFound = new SnapfleetError('volume_not_found', 'no such volume');
const readAt = '2026-11-23T10:00:00Z';
const read = { logicalVolumes: 3, volumeSnapshotContents: 2, persistentVolumes: 1 };

type Answers = Readonly<Record<string, (data: Record<string, unknown>) => unknown>>;
const answers: Answers = {
  'cluster.purge': (data) => ({ proof: ['proven'], removed: data['dryRun'] !== true, volumeHandle: handle }),
  'cluster.references': () => ({ readAt, read, unreferenced: [handle], references: [] }),
  'volume.destroy': (data) => ({ proof: ['unused'], removed: data['dryRun'] !== true }),
  'volume.locate': () => Promise.reject(notFound),
};

let journal: Journal;
let orphans: OrphanStore;
let restorePoints: RestorePointStore;
let outbox: Outbox;
let now: Date;

const save = (change: Partial<RestorePoint>): void => {
  const facts = { restorePointId: content.restorePointId, namespace: 'shop', persistentVolumeClaim: 'orders', claim };
  const rest = { backups: [], verifications: [], policy: {}, requestedAt: readAt };
  restorePoints.save(RestorePoint.parse({ ...facts, phase: 'deleted', snapshot, ...rest, ...change }));
};

beforeEach(() => {
  journal = new Journal(':memory:');
  orphans = new OrphanStore(journal, { quarantineMs: 3_600_000, mostPerScanMs: 7_200_000 });
  restorePoints = new RestorePointStore(journal);
  outbox = new Outbox(journal);
  now = new Date(readAt);
  save({});
});

/** Two scans, and the quarantine after them. */
function quarantine(orphan: Orphan): void {
  for (const hours of [0, 1, 2]) {
    now = new Date(Date.parse(readAt) + hours * 3_600_000);
    orphans.takeIn([orphan], [], now);
  }
}

function orchestrator(answer: Answers = answers) {
  const calls: { name: string; data: Record<string, unknown> }[] = [];
  const caller: StepCaller = {
    call: (definition: AgentCommandDefinition, data) => {
      const asked = data as Record<string, unknown>;
      calls.push({ name: definition.name, data: asked });
      return Promise.resolve(answer[definition.name]?.(asked));
    },
  };
  const parts = {
    device,
    journal,
    operations: new OperationStore(journal),
    restorePoints,
    events: new EventRecorder(outbox, () => undefined),
    workflows,
    caller,
    orphans,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    now: () => now,
    report: () => undefined,
  };
  const runner = new OperationRunner(parts);
  const accept = new AcceptPurgeUseCase(
    new AcceptCommandUseCase({ ...parts, runner }),
    orphans,
    restorePoints,
    parts.operations,
    () => now,
  );
  const purge = (orphan: Orphan, more: object = {}): void => {
    accept.run(createMessage(OrphanPurge, { orphanId: orphan.orphanId, ...more }, { device, publisher: 'client' }));
  };
  return { ...parts, calls, runner, purge };
}

/** The event that ended a purge. */
const ending = () =>
  vi.waitFor(() => {
    const told = outbox.waiting(100);
    expect(told).toHaveLength(1);
    return { name: told[0]?.name, data: told[0]?.data as Record<string, unknown> };
  });

describe('a purge is accepted', () => {
  const codeOf = (orphan: Orphan, more: object = {}): string => {
    try {
      orchestrator().purge(orphan, more);
      return 'accepted';
    } catch (error) {
      return error instanceof SnapfleetError ? error.code : String(error);
    }
  };

  test('of ours only, after the quarantine, or as a dry run', () => {
    expect(codeOf(content)).toBe('orphan_not_found');
    orphans.takeIn([content], [], now);
    expect(codeOf(content)).toBe('orphan_in_quarantine');
    expect(codeOf(content, { dryRun: true })).toBe('accepted');
    quarantine(content);
    expect(codeOf(content)).toBe('accepted');
  });

  test.each([{ owner: 'unknown' as const }, { owner: 'foreign' as const }, { purge: 'never' as const }])(
    'not of what is %j, not even as a dry run',
    (change) => {
      quarantine({ ...content, ...change });
      expect(codeOf(content)).toBe('orphan_not_purgeable');
      expect(codeOf(content, { dryRun: true })).toBe('orphan_not_purgeable');
    },
  );
});

describe('a purge', () => {
  test('proves, removes, and asks LVM whether the space is free', async () => {
    quarantine(content);
    const { purge, calls } = orchestrator();
    purge(content);
    expect(await ending()).toMatchObject({
      name: 'orphan.purged',
      data: {
        freed: true,
        freedBytes: 1073741824,
        cause: 'command',
        proof: ['proven', `lvs reports no logical volume ${handle}`],
      },
    });
    expect(calls.map(({ name, data }) => [name, data['dryRun']])).toEqual([
      ['cluster.purge', true],
      ['cluster.purge', false],
      ['volume.locate', undefined],
    ]);
    expect(orphans.all(now)).toEqual([]);
    // The restore point remembered the snapshot only so that it could be purged.
    expect(restorePoints.find(content.restorePointId ?? ('' as never))).not.toHaveProperty('snapshot');
  });

  test('of a logical volume tells host-lvm since when nothing refers to it', async () => {
    quarantine(thin);
    const { purge, calls } = orchestrator();
    purge(thin);
    expect(await ending()).toMatchObject({ name: 'orphan.purged', data: { freed: true } });
    expect(calls[1]).toEqual({
      name: 'volume.destroy',
      data: { volumeHandle: handle, lvUuid, provenAt: readAt, dryRun: false },
    });
  });

  test.each([content, thin])('as a dry run changes nothing and tells the proof: $kind', async (orphan) => {
    quarantine(orphan);
    const { purge, calls } = orchestrator();
    purge(orphan, { dryRun: true });
    const { name, data } = await ending();
    expect(name).toBe('orphan.examined');
    expect(data['proof']).not.toEqual([]);
    expect(calls.map((call) => call.data['dryRun'])).not.toContain(false);
    expect(orphans.all(now)).toHaveLength(1);
  });

  test('ends when the cluster names the logical volume again', async () => {
    quarantine(thin);
    const references = [{ volumeHandle: handle, by: ['VolumeSnapshotContent static'] }];
    const named = () => ({ readAt, read, unreferenced: [], references });
    const { purge, calls } = orchestrator({ ...answers, 'cluster.references': named });
    purge(thin);
    expect(await ending()).toMatchObject({
      name: 'orphan.purge-failed',
      data: { error: { code: 'orphan_not_purgeable', message: expect.stringContaining('static') as string } },
    });
    expect(calls.map(({ name }) => name)).toEqual(['cluster.references']);
  });

  test('ends when the journal counts on the restore point by then', async () => {
    quarantine(content);
    const counted = () => {
      save({ phase: 'verified-local' });
      return { proof: ['proven'], removed: false };
    };
    const { purge, calls } = orchestrator({ ...answers, 'cluster.purge': counted });
    purge(content);
    expect(await ending()).toMatchObject({
      name: 'orphan.purge-failed',
      data: { error: { code: 'orphan_not_purgeable' } },
    });
    expect(calls).toHaveLength(1);
    expect(orphans.all(now)).toHaveLength(1);
  });

  test('proves again when the proof has become old, and gives up in the end', async () => {
    quarantine(thin);
    const expired = () => Promise.reject(new SnapfleetError('proof_expired', 'too old'));
    const { purge, calls } = orchestrator({ ...answers, 'volume.destroy': expired });
    purge(thin);
    expect(await ending()).toMatchObject({ name: 'orphan.purge-failed', data: { error: { code: 'proof_expired' } } });
    expect(calls.filter(({ name }) => name === 'cluster.references')).toHaveLength(5);
  });

  test('takes finalizers off only after another one has told that they hold it', async () => {
    quarantine(content);
    const hangs = (data: Record<string, unknown>) =>
      data['dryRun'] === true
        ? { proof: ['proven'], removed: false }
        : Promise.reject(new SnapfleetError('snapshot_delete_pending', 'hangs'));
    const { purge, calls } = orchestrator({ ...answers, 'cluster.purge': hangs });
    purge(content, { releaseFinalizers: true });
    await ending();
    purge(content, { releaseFinalizers: true });
    await vi.waitFor(() => {
      expect(outbox.waiting(100)).toHaveLength(2);
    });
    expect(calls.map(({ data }) => data['releaseFinalizers'])).toEqual([false, false, true, true]);
  });

  test('does not tell space as free that LVM still reports, or cannot tell', async () => {
    quarantine(content);
    const { purge } = orchestrator({ ...answers, 'volume.locate': () => ({}) });
    purge(content);
    expect(await ending()).toMatchObject({ name: 'orphan.purged', data: { freed: false } });
  });

  test.each(['cluster.references', 'volume.destroy', 'volume.locate'])(
    'that a crash ends in %s is taken up there by the next run of the service',
    async (step) => {
      quarantine(thin);
      const hang = () => new Promise(() => undefined);
      const first = orchestrator({ ...answers, [step]: hang });
      first.purge(thin);
      await vi.waitFor(() => {
        expect(first.calls.at(-1)?.name).toBe(step);
      });
      const second = orchestrator();
      second.runner.start();
      expect(await ending()).toMatchObject({ name: 'orphan.purged', data: { freed: true } });
      expect(second.calls[0]?.name).toBe(step);
    },
  );
});
