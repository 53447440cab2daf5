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
