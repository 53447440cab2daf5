import {
  createMessage,
  operationIdFor,
  RestorePoint,
  SnapfleetError,
  SnapshotCancel,
  SnapshotReady,
  SnapshotRestore,
} from '@snapfleet/contracts';
import { expect, test, vi } from 'vitest';
import { Journal } from '../journal/journal.js';
import { OperationRunner } from '../operations/operation-runner.js';
import { device, orchestratorParts } from '../testing/orchestrator-parts.js';
import { makingOperation } from '../testing/samples.js';
import { AcceptCommandUseCase } from './accept-command.use-case.js';
import { CancelSnapshotUseCase } from './cancel-snapshot.use-case.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const { restorePointId } = ready;
const point = RestorePoint.parse({
  ...ready,
  phase: 'resumed',
  policy: {},
  requestedAt: '2026-11-22T10:00:00Z',
  backups: [],
  verifications: [],
});
const sent = { device, publisher: 'client' };

/** An orchestrator whose cluster operator restores until it is told to end that. */
function orchestrator(journal = new Journal(':memory:'), silentAt = 'volume.restore') {
  const calls: string[] = [];
  const parts = orchestratorParts(journal, ({ name }, _data, { signal }) => {
    calls.push(name);
    if (name !== silentAt) return Promise.resolve({});
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new SnapfleetError('interrupted', 'not awaited any more'));
      });
    });
  });
  const runner = new OperationRunner(parts);
  // Again by a second process on the journal, which changes nothing.
  parts.operations.add(makingOperation, parts.now());
  parts.restorePoints.save(point);
  const accept = new AcceptCommandUseCase({ ...parts, runner });
  const cancel = new CancelSnapshotUseCase({ ...parts, runner });
  return {
    calls,
    runner,
    operations: parts.operations,
    restore: (targetClaim: string) => {
      const data = { restorePointId, targetClaim, idempotencyKey: targetClaim };
      accept.restore(createMessage(SnapshotRestore, data, { ...sent, id: `restore ${targetClaim}` }));
      return operationIdFor(device, 'snapshot.restore', targetClaim);
    },
    cancel: (more: { readonly targetClaim?: string }) => {
      cancel.run(createMessage(SnapshotCancel, { restorePointId, ...more }, { ...sent, id: 'cancel' }));
    },
    told: () => parts.outbox.waiting(100).map(({ name, data }) => ({ name, data })),
  };
}

test('a restore that runs is ended, and what it had made removed', async () => {
  const one = orchestrator();
  const id = one.restore('orders-restored');
  await vi.waitFor(() => {
    expect(one.calls).toEqual(['volume.restore']);
  });
  one.cancel({ targetClaim: 'orders-restored' });
  await vi.waitFor(() => {
    expect(one.operations.find(id)?.finished).toBe(true);
  });
  expect(one.calls).toEqual(['volume.restore', 'volume.abandon']);
  expect(one.told()).toMatchObject([
    { name: 'volume.restore-failed', data: { targetClaim: 'orders-restored', error: { code: 'cancelled' } } },
  ]);
});

test('a restore that waits for its turn never begins, and the one before it goes on', async () => {
  const one = orchestrator();
  const first = one.restore('first');
  const second = one.restore('second');
  await vi.waitFor(() => {
    expect(one.calls).toEqual(['volume.restore']);
  });
  one.cancel({ targetClaim: 'second' });
  expect(one.operations.find(first)?.cancelRequested).toBe(false);
  one.cancel({ targetClaim: 'first' });
  await vi.waitFor(() => {
    expect(one.operations.find(second)?.finished).toBe(true);
  });
  expect(one.calls).toEqual(['volume.restore', 'volume.abandon', 'volume.abandon']);
});

test('an orchestrator that ends while it removes what was made takes that up', async () => {
  const journal = new Journal(':memory:');
  const first = orchestrator(journal);
  const id = first.restore('orders-restored');
  await vi.waitFor(() => {
    expect(first.calls).toEqual(['volume.restore']);
  });
  await first.runner.stop();
  const second = orchestrator(journal, 'volume.abandon');
  second.cancel({ targetClaim: 'orders-restored' });
  second.runner.start();
  await vi.waitFor(() => {
    expect(second.calls).toEqual(['volume.abandon']);
  });
  await second.runner.stop();
  const third = orchestrator(journal);
  third.runner.start();
  await vi.waitFor(() => {
    expect(third.operations.find(id)?.finished).toBe(true);
  });
  expect(third.calls).toEqual(['volume.abandon']);
});

test.each([
  [{ targetClaim: 'another' }, 'too late to cancel: no restore into another is under way'],
  [{}, 'too late to cancel: the restore point is resumed'],
])('without a target claim, or with another one, the restore goes on: %o', async (more, note) => {
  const one = orchestrator();
  one.restore('orders-restored');
  await vi.waitFor(() => {
    expect(one.calls).toEqual(['volume.restore']);
  });
  one.cancel(more);
  expect(one.told()).toMatchObject([{ name: 'command.completed', data: { commandId: 'cancel', note } }]);
  await one.runner.stop();
});
