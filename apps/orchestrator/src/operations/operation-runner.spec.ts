import { type ClaimFacts, operationIdFor, SnapfleetError, SnapshotCreate, SnapshotReady } from '@snapfleet/contracts';
import { createMessage } from '@snapfleet/contracts';
import { describe, expect, test, vi } from 'vitest';
import { AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import { Journal, JournalTakenOverError } from '../journal/journal.js';
import { device, orchestratorParts } from '../testing/orchestrator-parts.js';
import { OperationRunner } from './operation-runner.js';

const { claim, snapshot } = SnapshotReady.example as unknown as { claim: ClaimFacts; snapshot: unknown };
const workload = { kind: 'Deployment', name: 'orders', uid: 'd3b0a7de-9a6c-4a27-8ad3-1f2c9b1f7a11', replicas: 2 };

const replies: Readonly<Record<string, unknown>> = {
  'claim.preflight': {
    passed: true,
    claim,
    volumeSnapshotClassName: 'topolvm-snapclass',
    deletionPolicy: 'Delete',
    pods: [],
    endedPodUids: [],
    notices: [],
    workload,
  },
  'volume.survey': { volumes: [], findings: [] },
  'workload.quiesce': { quiescedAt: '2026-11-23T10:00:10Z', endedPodUids: [] },
  'snapshot.take': snapshot,
  'workload.resume': { resumedAt: '2026-11-23T10:00:20Z', replicas: 2 },
  'snapshot.remove': { freed: true },
};

type Answer = (name: string, signal: AbortSignal) => Promise<unknown>;

/** An orchestrator without NATS: a journal, and services that answer as told. */
function orchestrator(journal: Journal, answer: Answer = (name) => Promise.resolve(replies[name])) {
  const calls: string[] = [];
  const tokens: unknown[] = [];
  const parts = orchestratorParts(journal, (definition, data, { signal }) => {
    calls.push(definition.name);
    if (typeof data === 'object' && data !== null && 'fencingToken' in data) tokens.push(data.fencingToken);
    return answer(definition.name, signal);
  });
  const runner = new OperationRunner(parts);
  const accept = new AcceptCommandUseCase({ ...parts, runner });
  return { ...parts, calls, tokens, runner, accept, told: () => parts.outbox.waiting(100).map(({ name }) => name) };
}

const command = (key: string, id = 'command-1') =>
  createMessage(
    SnapshotCreate,
    {
      namespace: 'shop',
      persistentVolumeClaim: 'orders',
      idempotencyKey: key,
      policy: { quiesce: { level: 'cold', workload: { kind: 'Deployment', name: 'orders' } } },
    },
    { device, publisher: 'client', id },
  );

describe('the runner', () => {
  test('carries an accepted command to its end', async () => {
    const one = orchestrator(new Journal(':memory:'));
    one.accept.create(command('k'));
    await vi.waitFor(() => {
      expect(one.told()).toContain('snapshot.ready');
    });
    expect(one.calls).toEqual([
      'claim.preflight',
      'volume.survey',
      'workload.quiesce',
      'snapshot.take',
      'workload.resume',
    ]);
  });

  test('runs one operation for two commands with the same key, and answers the second', async () => {
    const one = orchestrator(new Journal(':memory:'));
    one.accept.create(command('k', 'first'));
    one.accept.create(command('k', 'second'));
    await vi.waitFor(() => {
      expect(one.told()).toContain('snapshot.ready');
    });
    expect(one.calls.filter((name) => name === 'snapshot.take')).toHaveLength(1);
    expect(one.told()).toContain('command.completed');
  });

  test.each(['claim.preflight', 'volume.survey', 'workload.quiesce', 'snapshot.take', 'workload.resume'])(
    'takes up an operation that was stopped during %s, at that step',
    async (step) => {
      const journal = new Journal(':memory:');
      const first = orchestrator(journal, (name, signal) =>
        name === step
          ? new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => {
                reject(new SnapfleetError('interrupted', 'stopped'));
              });
            })
          : Promise.resolve(replies[name]),
      );
      first.accept.create(command('k'));
      await vi.waitFor(() => {
        expect(first.calls).toContain(step);
      });
      await first.runner.stop();
      const second = orchestrator(journal);
      second.runner.start();
      await vi.waitFor(() => {
        expect(second.told()).toContain('snapshot.ready');
      });
      expect(second.calls[0]).toBe(step);
    },
  );

  test('begins no step once another process has opened the journal', async () => {
    const journal = new Journal(':memory:');
    const one = orchestrator(journal);
    one.accept.create(command('k'));
    // The real one ends the process.
    const looked = vi.spyOn(journal, 'expectOwned').mockImplementation(() => {
      void one.runner.stop();
      throw new JournalTakenOverError('another process');
    });
    await vi.waitFor(() => {
      expect(looked).toHaveBeenCalled();
    });
    await one.runner.stop();
    expect(one.calls).toEqual([]);
  });

  test('gives each operation a higher fencing token, and all of its commands carry it, also after a restart', async () => {
    const journal = new Journal(':memory:');
    const one = orchestrator(journal);
    one.accept.create(command('k'));
    one.accept.create(command('l', 'command-2'));
    await vi.waitFor(() => {
      expect(one.told().filter((name) => name === 'snapshot.ready')).toHaveLength(2);
    });
    expect(one.tokens).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    await one.runner.stop();
    const next = orchestrator(journal);
    next.accept.create(command('m', 'command-3'));
    await vi.waitFor(() => {
      expect(next.tokens).toEqual([3, 3, 3, 3]);
    });
  });

  test('counts on from what the cluster has seen, where the journal was lost', async () => {
    const one = orchestrator(new Journal(':memory:'), (name) =>
      Promise.resolve(name === 'claim.preflight' ? { ...(replies[name] as object), fencingToken: 40 } : replies[name]),
    );
    one.accept.create(command('k'));
    one.accept.create(command('l', 'command-2'));
    await vi.waitFor(() => {
      expect(one.tokens).toEqual([1, 41, 41, 41, 42, 42, 42, 42]);
    });
  });

  test('does not follow a number that no operation of this device can have left', async () => {
    const one = orchestrator(new Journal(':memory:'), (name) =>
      Promise.resolve(
        name === 'claim.preflight' ? { ...(replies[name] as object), fencingToken: 2 ** 52 } : replies[name],
      ),
    );
    one.accept.create(command('k'));
    one.accept.create(command('l', 'command-2'));
    await vi.waitFor(() => {
      expect(one.tokens).toHaveLength(8);
    });
    expect(Math.max(...one.tokens.map(Number))).toBeLessThan(10);
  });

  test('resumes the workload and says cancelled when a cancel interrupts the quiescing', async () => {
    const one = orchestrator(new Journal(':memory:'), (name, signal) =>
      name === 'workload.quiesce'
        ? new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reject(new SnapfleetError('interrupted', 'stopped'));
            });
          })
        : Promise.resolve(replies[name]),
    );
    one.accept.create(command('k'));
    await vi.waitFor(() => {
      expect(one.calls).toContain('workload.quiesce');
    });
    const id = operationIdFor(device, 'snapshot.create', 'k');
    one.operations.requestCancel(id);
    one.runner.cancel(id);
    await vi.waitFor(() => {
      expect(one.told()).toContain('snapshot.failed');
    });
    expect(one.calls).toContain('workload.resume');
    expect(one.calls).not.toContain('snapshot.take');
  });
});
