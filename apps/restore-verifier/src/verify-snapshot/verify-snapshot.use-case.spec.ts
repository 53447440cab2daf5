import {
  type DataInputOf,
  type EventDefinition,
  type ManifestSummary,
  SnapfleetError,
  SnapshotReady,
} from '@snapfleet/contracts';
import type { AgentCaller, Comparison } from '@snapfleet/movers';
import { beforeEach, describe, expect, it } from 'vitest';
import { Verification } from '../verdict/verification.js';
import { VerifySnapshot } from './verify-snapshot.use-case.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const summary: ManifestSummary = {
  rootDigest: `sha256:${'0'.repeat(64)}`,
  entries: 2,
  files: 1,
  bytes: 3,
  skippedAttributes: [],
};
const same: Comparison = { differences: [], count: 0, expected: summary, actual: summary };
const difference = { path: 'a', field: 'digest', expected: '1', actual: '2' };
const assertion = { image: 'postgres', command: ['pg_isready'], mountPath: '/data', timeoutSeconds: 60 };
const restoredHandle = '00000000-0000-4000-8000-000000000001';

interface Told {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: {
    error?: { code: string; message: string };
    differences?: unknown[];
    assertion?: unknown;
    cleanLog?: boolean;
  };
}

describe('VerifySnapshot', () => {
  let told: Told[];
  let calls: string[];
  let warnings: string[];
  let answers: Record<string, () => unknown>;
  let comparison: Comparison;
  let useCase: VerifySnapshot;
  const attempt = { signal: new AbortController().signal, lastAttempt: false };
  const order = { ready, assertion: undefined, messageId: 'm-1' };
  const fail = (error: SnapfleetError) => (): never => {
    throw error;
  };

  beforeEach(() => {
    told = [];
    calls = [];
    warnings = [];
    comparison = same;
    answers = { 'volume.restore': () => ({ volumeHandle: restoredHandle }) };
    const call = async ({ name }: { name: string }, data: Record<string, string>): Promise<unknown> => {
      await Promise.resolve();
      calls.push(`${name} ${data['volumeHandle'] ?? data['targetClaim'] ?? ''}`.trim());
      return answers[name]?.() ?? { leaseId: 'lease', path: '/exposed', cleanLog: true };
    };
    const publish = <Definition extends EventDefinition>(
      { name }: Definition,
      data: DataInputOf<Definition>,
      { id }: { id?: string },
    ): Promise<void> => {
      told.push({ name, id, data: data as Told['data'] });
      return Promise.resolve();
    };
    const warn = (event: string): void => {
      warnings.push(event);
    };
    useCase = new VerifySnapshot({
      verification: new Verification({ events: { publish }, warn, nowMs: () => 0 }),
      agent: { call: call as AgentCaller['call'] },
      scratch: { use: (work) => work('/scratch') },
      scan: () => Promise.resolve(summary),
      compare: () => Promise.resolve(comparison),
      restoreDeadlineSeconds: 60,
      warn,
    });
  });

  it('reads the snapshot, restores it, reads that, and removes the claim', async () => {
    await useCase.run(order, attempt);
    const [, , , restore] = calls;
    expect(restore).toMatch(/^volume\.restore snapfleet-verify-[0-9a-f]{8}$/);
    const claim = restore?.split(' ')[1] ?? '';
    expect(calls).toEqual([
      `volume.expose ${ready.snapshot.snapshotHandle}`,
      'volume.renew',
      'volume.conceal',
      `volume.restore ${claim}`,
      `volume.expose ${restoredHandle}`,
      'volume.renew',
      'volume.conceal',
      `volume.remove ${claim}`,
    ]);
    expect(told).toMatchObject([{ name: 'restore.verified', data: { level: 'snapshot', manifest: summary } }]);
  });

  it('uses the same names and ids when the message comes again, and others for another message', async () => {
    await useCase.run(order, attempt);
    const first = { calls, id: told[0]?.id };
    calls = [];
    await useCase.run(order, attempt);
    expect({ calls, id: told[1]?.id }).toEqual(first);
    await useCase.run({ ...order, messageId: 'm-2' }, attempt);
    expect(told[2]?.id).not.toBe(first.id);
  });

  it('tells that the snapshot was read without the log of its filesystem', async () => {
    answers['volume.expose'] = () => ({ leaseId: 'lease', path: '/exposed', cleanLog: false });
    await useCase.run(order, attempt);
    expect(told).toMatchObject([{ name: 'restore.verified', data: { cleanLog: false } }]);
  });

  it.each([
    ['the snapshot itself', ready.snapshot.snapshotHandle],
    ['the source of the snapshot', ready.claim.volumeHandle],
  ])('does not take %s for what was restored', async (what, volumeHandle) => {
    answers['volume.restore'] = () => ({ volumeHandle, assertion: { exitCode: 0, message: '' } });
    await useCase.run({ ...order, assertion }, attempt);
    expect(told).toMatchObject([
      {
        name: 'restore.failed',
        data: { error: { code: 'verification_failed', message: expect.stringContaining(what) as string } },
      },
    ]);
    expect(calls.at(-1)).toContain('volume.remove');
  });

  it('tells the differences, and removes the claim', async () => {
    comparison = { ...same, differences: [difference], count: 7 };
    await useCase.run({ ...order, assertion }, attempt);
    expect(told).toMatchObject([
      {
        name: 'restore.failed',
        data: { error: { code: 'verification_failed' }, differences: [difference], differenceCount: 7 },
      },
    ]);
    expect(calls.at(-1)).toContain('volume.remove');
    expect(calls.filter((call) => call.startsWith('volume.restore'))).toHaveLength(1);
  });

  it('runs the assertion in a restore of its own, so that it cannot disturb the comparison', async () => {
    answers['volume.restore'] = () => ({ volumeHandle: restoredHandle, assertion: { exitCode: 0, message: '' } });
    await useCase.run({ ...order, assertion }, attempt);
    const claims = calls.filter((call) => /restore|remove/.test(call)).map((call) => call.split(' ')[1]);
    expect(claims).toEqual([claims[0], claims[0], claims[2], claims[2]]);
    expect(claims[2]).not.toBe(claims[0]);
    expect(told).toMatchObject([{ name: 'restore.verified', data: { assertion: { exitCode: 0 } } }]);
  });

  it('fails when the assertion does, with what it said', async () => {
    answers['volume.restore'] = () => ({
      volumeHandle: restoredHandle,
      assertion: { exitCode: 3, message: 'no table' },
    });
    await useCase.run({ ...order, assertion }, attempt);
    expect(told[0]?.data.error).toMatchObject({
      code: 'assertion_failed',
      message: 'pg_isready ended with exit code 3: no table',
    });
  });

  it('removes the claim when the restored volume cannot be read, and tries again', async () => {
    comparison = same;
    answers['volume.restore'] = fail(new SnapfleetError('restore_not_bound', 'pending'));
    await expect(useCase.run(order, attempt)).rejects.toMatchObject({ code: 'restore_not_bound' });
    expect(calls.at(-1)).toContain('volume.remove');
    expect(told).toEqual([]);
    await useCase.run(order, { ...attempt, lastAttempt: true });
    expect(told).toMatchObject([{ name: 'restore.failed', data: { error: { code: 'restore_not_bound' } } }]);
  });

  it('tries again when the claim cannot be removed, and keeps the verdict at the last attempt', async () => {
    answers['volume.remove'] = fail(new SnapfleetError('deadline_exceeded', 'still there'));
    await expect(useCase.run(order, attempt)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await useCase.run(order, { ...attempt, lastAttempt: true });
    expect(told).toMatchObject([{ name: 'restore.verified' }]);
    expect(warnings).toContain('scratch-claim.not-removed');
  });

  it('gives no verdict when the service stops, whatever fails by that, be it the last attempt', async () => {
    const stop = new AbortController();
    answers['volume.restore'] = () => {
      stop.abort();
      throw new SnapfleetError('target_exists', 'in the way');
    };
    await expect(useCase.run(order, { signal: stop.signal, lastAttempt: true })).rejects.toThrow('in the way');
    expect(told).toEqual([]);
  });

  it('tells of an order that was given up that it failed, with the id of a failure', async () => {
    await useCase.abandon(order, new SnapfleetError('interrupted', 'crashed each time'));
    const failed = { name: 'restore.failed', data: { level: 'snapshot', error: { code: 'interrupted' } } };
    expect(told).toMatchObject([failed]);
    answers['volume.expose'] = fail(new SnapfleetError('volume_not_found', 'gone'));
    await useCase.run(order, attempt);
    expect(told[1]?.id).toBe(told[0]?.id);
  });

  it('says at once that the snapshot is gone', async () => {
    answers['volume.expose'] = fail(new SnapfleetError('volume_not_found', 'gone'));
    await useCase.run(order, attempt);
    expect(told).toMatchObject([{ name: 'restore.failed', data: { error: { code: 'volume_not_found' } } }]);
  });
});
