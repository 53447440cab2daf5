import { SnapfleetError, VolumeExpose, VolumeHandle } from '@snapfleet/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentCaller } from './agent-caller.js';
import { withExposedVolume } from './with-exposed-volume.js';

const exposure = {
  volumeHandle: VolumeHandle.parse(VolumeExpose.example.volumeHandle),
  volumeMode: 'Filesystem' as const,
  leaseKey: 'backup-1',
};

function agentThat(answers: Record<string, () => unknown>) {
  const calls: string[] = [];
  const call = ({ name }: { name: string }): Promise<unknown> => {
    calls.push(name);
    return Promise.resolve().then(() => answers[name]?.() ?? { leaseId: 'backup-1', path: '/somewhere' });
  };
  return { calls, call: call as AgentCaller['call'] };
}

const never = (): SnapfleetError => {
  throw new Error('not expected');
};

describe('withExposedVolume', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('conceals the volume after the work, and after work that failed', async () => {
    const agent = agentThat({});
    const context = { agent, signal: new AbortController().signal, onConcealFailed: never };
    expect(await withExposedVolume(context, exposure, ({ path }) => Promise.resolve(path))).toBe('/somewhere');
    await expect(withExposedVolume(context, exposure, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(agent.calls).toEqual(['volume.expose', 'volume.conceal', 'volume.expose', 'volume.conceal']);
  });

  it('tells damage of the filesystem that reading it did not show', async () => {
    const damaged = { expiresAt: '2026-11-23T11:00:00Z', damage: 'EXT4-fs error (device dm-7): bad entry' };
    const answers = { 'volume.renew': (): unknown => ({ expiresAt: damaged.expiresAt }) };
    const agent = agentThat(answers);
    const context = { agent, signal: new AbortController().signal, onConcealFailed: never };
    const read = () => withExposedVolume(context, exposure, (volume) => volume.confirmIntact());
    await expect(read()).resolves.toBeUndefined();
    answers['volume.renew'] = () => damaged;
    await expect(read()).rejects.toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining('bad entry') as unknown,
    });
    expect(agent.calls.at(-1)).toBe('volume.conceal');
  });

  describe('of an error of reading', () => {
    const unreadable = new SnapfleetError('source_unreadable', 'no such file');
    const context = (agent: { call: AgentCaller['call'] }) => ({
      agent,
      signal: new AbortController().signal,
      onConcealFailed: () => undefined,
    });
    const notFound = (): never => {
      throw new SnapfleetError('lease_not_found', 'it has ended');
    };

    it('tells it while the lease holds', async () => {
      const agent = agentThat({});
      const read = withExposedVolume(context(agent), exposure, () => Promise.reject(unreadable));
      await expect(read).rejects.toBe(unreadable);
    });

    it.each([
      ['has ended', notFound],
      [
        'cannot be proven to hold',
        () => {
          throw new SnapfleetError('deadline_exceeded', 'no answer');
        },
      ],
    ])('tells the lost lease where the lease %s, to be tried again', async (_what, renew) => {
      const agent = agentThat({ 'volume.renew': renew });
      const read = withExposedVolume(context(agent), exposure, () => Promise.reject(unreadable));
      await expect(read).rejects.toMatchObject({ code: 'lease_not_found', retryable: true, cause: unreadable });
    });

    it('tells the lost lease after a pause that was longer than the lease, whoever has it by now', async () => {
      const agent = agentThat({});
      const read = withExposedVolume(context(agent), exposure, () => {
        // As a process that was stopped: the clock has gone on, and no timer.
        vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 601_000);
        return Promise.reject(unreadable);
      });
      await expect(read).rejects.toMatchObject({ code: 'lease_not_found', retryable: true });
    });

    it('tells the same to a part of the work that deals with its errors itself', async () => {
      const agent = agentThat({ 'volume.renew': notFound });
      const told: unknown[] = [];
      await withExposedVolume(context(agent), exposure, async ({ reading }) => {
        await reading(() => Promise.reject(unreadable)).catch((error: unknown) => told.push(error));
      });
      expect(told).toMatchObject([{ code: 'lease_not_found', retryable: true }]);
    });

    it('leaves an error that says nothing of the source as it is', async () => {
      const agent = agentThat({ 'volume.renew': notFound });
      const away = new SnapfleetError('destination_unavailable', 'away');
      const read = withExposedVolume(context(agent), exposure, () => Promise.reject(away));
      await expect(read).rejects.toBe(away);
    });

    it('tells a lease that has ended before the source was confirmed as one to be tried again', async () => {
      const agent = agentThat({ 'volume.renew': notFound });
      const read = withExposedVolume(context(agent), exposure, (volume) => volume.confirmIntact());
      await expect(read).rejects.toMatchObject({ code: 'lease_not_found', retryable: true });
    });
  });

  it('gives back what the work gave even when the lease cannot be given back', async () => {
    const failed = new SnapfleetError('mount_failed', 'busy');
    const agent = agentThat({
      'volume.conceal': () => {
        throw failed;
      },
    });
    const onConcealFailed = vi.fn();
    const context = { agent, signal: new AbortController().signal, onConcealFailed };
    expect(await withExposedVolume(context, exposure, () => Promise.resolve('done'))).toBe('done');
    expect(onConcealFailed).toHaveBeenCalledWith(failed);
  });

  it('exposes nothing that the host refuses', async () => {
    const agent = agentThat({
      'volume.expose': () => {
        throw new SnapfleetError('volume_not_found', 'gone');
      },
    });
    const context = { agent, signal: new AbortController().signal, onConcealFailed: never };
    await expect(withExposedVolume(context, exposure, () => Promise.resolve())).rejects.toMatchObject({
      code: 'volume_not_found',
    });
    expect(agent.calls).toEqual(['volume.expose']);
  });
});
