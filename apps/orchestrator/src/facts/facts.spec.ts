import {
  BackupCompleted,
  BackupFailed,
  type DataOf,
  type ErrorCode,
  type EventDefinition,
  type MessageOf,
  RestoreFailed,
  type RestorePoint,
  RestoreVerified,
  SnapfleetError,
} from '@snapfleet/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { isGood } from '../catalogue/last-good-copy.js';
import { EventRecorder } from '../journal/event-recorder.js';
import { FactPlaceStore } from '../journal/fact-place.store.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { makingOperation, pendingPoint } from '../testing/samples.js';
import { FactsController } from './facts.controller.js';
import { RecordFactUseCase } from './record-fact.use-case.js';

const completed = BackupCompleted.data.parse(BackupCompleted.example);
const backupFailed = BackupFailed.data.parse(BackupFailed.example);
const { mover: _mover, ...ofSnapshot } = RestoreVerified.data.parse(RestoreVerified.example);
const snapshotVerified = { ...ofSnapshot, level: 'snapshot' as const };
const backupVerified = { ...ofSnapshot, level: 'backup' as const, mover: 'copy' };
const now = (): Date => new Date('2026-11-23T10:00:00Z');

let madeAt: string;
let restorePoints: RestorePointStore;
let outbox: Outbox;
let facts: FactsController;
let holding: (sequence: number) => Promise<string>;

beforeEach(() => {
  madeAt = 'first';
  holding = () => Promise.resolve(madeAt);
  const journal = new Journal(':memory:');
  const operations = new OperationStore(journal);
  outbox = new Outbox(journal);
  restorePoints = new RestorePointStore(journal);
  operations.add(makingOperation, now());
  restorePoints.save(pendingPoint);
  const useCase = new RecordFactUseCase({
    journal,
    operations,
    restorePoints,
    places: new FactPlaceStore(journal),
    stream: { holding: (sequence) => holding(sequence) },
    events: new EventRecorder(outbox, () => undefined),
    runner: { enqueue: () => undefined },
    now,
  });
  facts = new FactsController(useCase);
});

const message = <Definition extends EventDefinition>(
  definition: Definition,
  data: DataOf<Definition>,
): MessageOf<DataOf<Definition>> => ({ specversion: '1.0', id: 'e', source: '/s', type: definition.name, data });

const delivery = (sequence: number) => ({
  signal: AbortSignal.any([]),
  attempt: 1,
  lastAttempt: false,
  subject: '',
  sequence,
});

/** The facts by their numbers in the stream. */
const tell = {
  completed: (sequence: number) => facts.backupCompleted(message(BackupCompleted, completed), delivery(sequence)),
  backupFailed: (sequence: number) => facts.backupFailed(message(BackupFailed, backupFailed), delivery(sequence)),
  verified: (sequence: number) => facts.verified(message(RestoreVerified, backupVerified), delivery(sequence)),
  snapshotVerified: (sequence: number) =>
    facts.verified(message(RestoreVerified, snapshotVerified), delivery(sequence)),
  failed: (sequence: number, level: 'backup' | 'snapshot' = 'backup', code: ErrorCode = 'verification_failed') => {
    const error = new SnapfleetError(code, 'it differs').toDetail();
    const { manifest: _manifest, ...about } = level === 'backup' ? backupVerified : snapshotVerified;
    const data = RestoreFailed.data.parse({ ...about, error, differences: [], differenceCount: 0 });
    return facts.verificationFailed(message(RestoreFailed, data), delivery(sequence));
  },
};

const point = (): RestorePoint => restorePoints.find(pendingPoint.restorePointId) ?? pendingPoint;
const proofOfBackup = () => point().verifications.find(({ level }) => level === 'backup');
const told = (): string[] => outbox.waiting(100).map(({ name }) => name);

/** As the deletion with `deleteBackups` leaves it. */
function deleted(): RestorePoint {
  const { snapshot: _snapshot, ...rest } = point();
  const backups = rest.backups.map(({ mover, reference, ...record }) =>
    reference === undefined ? { mover, ...record } : { mover, state: 'deleted' as const },
  );
  const record: RestorePoint = { ...rest, backups, phase: 'deleted' };
  restorePoints.save(record);
  return record;
}

describe('a restore point that was deleted with its backups', () => {
  test('is not listed again by facts that a lost consumer takes once more', async () => {
    await tell.snapshotVerified(4);
    await tell.completed(5);
    await tell.verified(7);
    expect(point().phase).toBe('verified-remote');
    const gone = deleted();
    await tell.snapshotVerified(4);
    await tell.completed(5);
    await tell.verified(7);
    expect(point()).toEqual(gone);
  });

  test('is not listed again by an announcement before the last one', async () => {
    await tell.completed(5);
    await tell.completed(6);
    const gone = deleted();
    await tell.completed(5);
    expect(point()).toEqual(gone);
  });

  test('is not listed again by facts that a journal of before had taken', async () => {
    const reference = completed.backup;
    restorePoints.save({ ...pendingPoint, backups: [{ mover: 'copy', state: 'completed', reference }] });
    const gone = deleted();
    await tell.completed(5);
    await tell.completed(6);
    await tell.verified(7);
    expect(point()).toEqual(gone);
  });

  test('hears nothing of work on what is gone', async () => {
    await tell.completed(5);
    await tell.verified(7);
    const gone = deleted();
    await tell.backupFailed(20);
    await tell.failed(21, 'backup', 'backup_not_found');
    await tell.failed(22, 'snapshot', 'volume_not_found');
    expect(point()).toEqual(gone);
  });

  test('is listed again by a backup that is told for the first time, with nothing proven', async () => {
    await tell.snapshotVerified(4);
    deleted();
    await tell.completed(12);
    expect(point()).toMatchObject({ phase: 'backed-up', backups: [{ state: 'completed' }] });
    expect(point().verifications).toMatchObject([{ level: 'backup', state: 'pending' }]);
    expect(isGood(point())).toBe(false);
    await tell.verified(14);
    expect(isGood(point())).toBe(true);
  });

  test('is listed again by a backup that was made once more, and proven only by a later verdict', async () => {
    await tell.completed(5);
    await tell.verified(7);
    deleted();
    await tell.completed(20);
    await tell.verified(19);
    expect(point()).toMatchObject({ phase: 'backed-up', backups: [{ state: 'completed' }] });
    expect(isGood(point())).toBe(false);
    await tell.failed(21, 'backup', 'backup_not_found');
    expect(isGood(point())).toBe(false);
  });
});

describe('verdicts', () => {
  test.each(['backup', 'snapshot'] as const)('about the %s count in the order of the stream', async (level) => {
    const verified = level === 'backup' ? tell.verified : tell.snapshotVerified;
    await tell.completed(5);
    await tell.failed(9, level);
    await verified(8);
    expect(point().verifications.find((record) => record.level === level)?.state).toBe('failed');
    await verified(10);
    expect(point().verifications.find((record) => record.level === level)?.state).toBe('verified');
    await tell.failed(9, level);
    expect(point().verifications.find((record) => record.level === level)?.state).toBe('verified');
  });

  test('of a stream that was made anew are later than all of before', async () => {
    await tell.completed(500);
    await tell.verified(510);
    madeAt = 'second';
    await tell.failed(3);
    expect(proofOfBackup()?.state).toBe('failed');
    await tell.verified(2);
    expect(proofOfBackup()?.state).toBe('failed');
  });

  test('count in the order in which they were delivered, however long it takes to ask for the stream', async () => {
    await tell.completed(5);
    const slow = Promise.withResolvers<string>();
    holding = (sequence) => (sequence === 8 ? slow.promise : Promise.resolve(madeAt));
    const both = Promise.all([tell.failed(8), tell.verified(9)]);
    slow.resolve(madeAt);
    await both;
    expect(proofOfBackup()?.state).toBe('verified');
  });

  test('are not taken while nobody knows from which stream they are', async () => {
    holding = () => Promise.reject(new SnapfleetError('interrupted', 'no answer'));
    await expect(tell.completed(5)).rejects.toThrow('no answer');
    expect(point()).toEqual(pendingPoint);
    holding = () => Promise.resolve(madeAt);
    await tell.completed(5);
    expect(point().backups).toMatchObject([{ state: 'completed' }]);
  });
});

test('a local snapshot that has expired is not told as a failure when its proof is asked for once more', async () => {
  await tell.snapshotVerified(4);
  await tell.completed(5);
  await tell.verified(7);
  const { snapshot: _snapshot, ...rest } = point();
  const verifications = rest.verifications.filter(({ level }) => level === 'backup');
  const expired: RestorePoint = { ...rest, verifications };
  restorePoints.save(expired);
  const before = told();
  await tell.failed(20, 'snapshot', 'volume_not_found');
  expect(point()).toEqual(expired);
  expect(told()).toEqual(before);
});

test('a backup that is told after a later attempt at it has failed is not lost track of', async () => {
  await tell.backupFailed(6);
  expect(point().backups).toMatchObject([{ state: 'failed' }]);
  await tell.completed(5);
  expect(point().backups).toMatchObject([
    { state: 'completed', reference: completed.backup, error: backupFailed.error },
  ]);
  await tell.backupFailed(6);
  await tell.completed(5);
  expect(point().backups).toMatchObject([{ state: 'completed', error: backupFailed.error }]);
});
