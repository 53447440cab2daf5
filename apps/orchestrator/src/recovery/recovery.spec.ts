import {
  BackupCompleted,
  deterministicUuid,
  OperationId,
  RestorePointId,
  SnapshotRequested,
} from '@snapfleet/contracts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { afterBackupCompleted } from '../catalogue/restore-point-progress.js';
import { RecordFactUseCase } from '../facts/record-fact.use-case.js';
import { EventRecorder } from '../journal/event-recorder.js';
import { FactPlaceStore } from '../journal/fact-place.store.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import { systemClock } from '../operations/system-clock.js';
import { makingOperation as operation, pendingPoint as point } from '../testing/samples.js';
import { AskAgain } from './ask-again.use-case.js';
import { DeclareLost } from './declare-lost.use-case.js';
import { Recovery } from './recovery.js';
import { TellHistory } from './tell-history.use-case.js';

const now = (): Date => new Date('2026-11-23T10:00:00Z');
const busy = new Set<string>();
let madeAt: string | undefined;
const stream = { madeAt: () => Promise.resolve(madeAt), isIdle: (name: string) => Promise.resolve(!busy.has(name)) };
const report = (): void => undefined;

let journal: Journal;
let outbox: Outbox;
let restorePoints: RestorePointStore;
let events: EventRecorder;
let work: AskAgain;
let history: TellHistory;
const told = (): [string, boolean][] => outbox.waiting(100).map(({ name, history: again }) => [name, again]);

beforeEach(() => {
  busy.clear();
  madeAt = 'first';
  journal = new Journal(':memory:');
  outbox = new Outbox(journal);
  restorePoints = new RestorePointStore(journal);
  events = new EventRecorder(outbox, () => undefined);
  const operations = new OperationStore(journal);
  operations.add(operation, now());
  restorePoints.save(point);
  const runner = { enqueue: () => undefined } as unknown as OperationRunner;
  const place = { places: new FactPlaceStore(journal), stream: { holding: () => Promise.resolve('first') } };
  const facts = new RecordFactUseCase({ journal, operations, restorePoints, events, runner, now, ...place });
  work = new AskAgain({ journal, outbox, events, facts, operations, restorePoints, stream, now, report });
  history = new TellHistory({ journal, outbox, events, stream, now, report });
});

describe('work that nobody has a message about', () => {
  test('is asked for again at the second look, once', async () => {
    await work.run();
    expect(told()).toEqual([]);
    await work.run();
    expect(told()).toEqual([
      ['backup.requested', false],
      ['verification.requested', false],
    ]);
    for (const { sequence } of outbox.waiting(10)) outbox.markPublished(sequence);
    await work.run();
    expect(told()).toEqual([]);
  });

  test.each(['backup-worker', 'restore-verifier', 'orchestrator'])(
    'is left alone while %s has messages',
    async (name) => {
      await work.run();
      busy.add(name);
      await work.run();
      busy.clear();
      await work.run();
      expect(told()).toEqual([]);
    },
  );

  test('is left alone while something still waits to be told', async () => {
    await work.run();
    events.record({ definition: SnapshotRequested, data: SnapshotRequested.example }, operation, point, now());
    await work.run();
    expect(told()).toEqual([['snapshot.requested', false]]);
  });

  test('does not ask for what has ended, and asks for the proof of a backup once that is there', async () => {
    const fact = BackupCompleted.data.parse(BackupCompleted.example);
    const verified = point.verifications.filter(({ level }) => level === 'backup');
    restorePoints.save({ ...afterBackupCompleted(point, fact, now().toISOString()), verifications: verified });
    await work.run();
    await work.run();
    expect(told()).toEqual([['verification.requested', false]]);
  });
});

describe('work whose snapshot is gone', () => {
  const backup = { mover: 'copy', destination: 'default', location: 'a' } as const;

  test('has failed, and keeps no other work from being asked for', async () => {
    const { snapshot: _gone, ...rest } = point;
    const copied = { mover: 'restic', state: 'completed' as const, reference: { ...backup, mover: 'restic' } };
    restorePoints.save({ ...rest, phase: 'backed-up', backups: [...point.backups, copied] });
    const other = { ...operation, operationId: OperationId.parse(deterministicUuid('other')) };
    const restorePointId = RestorePointId.parse(other.operationId);
    new OperationStore(journal).add({ ...other, restorePointIds: [restorePointId] }, now());
    restorePoints.save({ ...point, restorePointId });
    await work.run();
    expect(told()).toEqual([]);
    await work.run();
    expect(told()).toEqual([
      ['snapshot.completed', false],
      ['backup.requested', false],
      ['verification.requested', false],
    ]);
    const settled = restorePoints.find(point.restorePointId);
    const ends = [...(settled?.backups ?? []), ...(settled?.verifications ?? [])];
    expect(ends.map(({ state, error }) => [state, error?.code])).toEqual([
      ['completed', undefined],
      ['failed', 'snapshot_not_found'],
      ['failed', 'snapshot_not_found'],
      ['failed', 'snapshot_not_found'],
    ]);
    for (const { sequence } of outbox.waiting(10)) outbox.markPublished(sequence);
    await work.run();
    expect(told()).toEqual([]);
  });
});

describe('the history of a stream that was lost', () => {
  const tell = (): void => {
    events.record({ definition: SnapshotRequested, data: SnapshotRequested.example }, operation, point, now());
    for (const { sequence } of outbox.waiting(10)) outbox.markPublished(sequence);
  };

  test('is told again, marked as history, when the stream is another one', async () => {
    await history.run();
    tell();
    await history.run();
    expect(told()).toEqual([]);
    madeAt = 'second';
    await history.run();
    expect(told()).toEqual([['snapshot.requested', true]]);
  });

  test('is left alone while there is no stream, and the first time that one is seen', async () => {
    tell();
    madeAt = undefined;
    await history.run();
    madeAt = 'first';
    await history.run();
    expect(told()).toEqual([]);
  });
});

describe('a consumer that is gone', () => {
  test('is declared again and told, before anything asks for it', async () => {
    const done: string[] = [];
    const doing = (what: string) => () => Promise.resolve(void done.push(what));
    const gone = ['EVT/backup-worker'];
    const topology = { redeclare: () => Promise.resolve(gone.splice(0)) };
    const declarations = new DeclareLost({
      topology,
      report: (event, { consumers }) => done.push(`${event} ${String(consumers)}`),
    });
    const parts = { history: { run: doing('history') }, work: { run: doing('work') }, everyMs: 1, report };
    const recovery = new Recovery({ ...parts, declarations, clock: systemClock });
    recovery.start();
    await vi.waitFor(() => {
      expect(done.length).toBeGreaterThan(4);
    });
    await recovery.stop();
    expect(done.slice(0, 5)).toEqual([
      'consumers.declared-again EVT/backup-worker',
      'history',
      'work',
      'history',
      'work',
    ]);
  });
});
