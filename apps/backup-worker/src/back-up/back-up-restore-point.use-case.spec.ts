import {
  type DataInputOf,
  type EventDefinition,
  SnapfleetError,
  SnapshotReady,
  type ManifestSummary,
} from '@snapfleet/contracts';
import type { AgentCaller, BackupRequest, Mover, StoredBackup } from '@snapfleet/movers';
import { beforeEach, describe, expect, it } from 'vitest';
import { BackUpRestorePoint } from './back-up-restore-point.use-case.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const manifest: ManifestSummary = {
  rootDigest: `sha256:${'0'.repeat(64)}`,
  entries: 2,
  files: 1,
  bytes: 3,
  skippedAttributes: [],
};

const notExpected = (): never => {
  throw new Error('not expected');
};

class FakeMover implements Mover {
  stored: StoredBackup | undefined;
  backups = 0;
  failures: SnapfleetError[] = [];
  /** What happens while it reads. */
  whileReading = (): void => undefined;

  constructor(readonly name: string) {}

  find(): Promise<StoredBackup | undefined> {
    return Promise.resolve(this.stored);
  }

  async backup(request: BackupRequest): Promise<StoredBackup> {
    this.backups += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    request.onProgress?.({ bytesDone: 1, filesDone: 1 });
    this.whileReading();
    await request.confirmSource?.();
    this.stored = {
      reference: { mover: this.name, destination: 'default', location: 'there' },
      manifest: request.manifest,
      volumeMode: request.volumeMode,
      addedBytes: 3,
      durationMs: 4,
      cleanLog: request.cleanLog,
    };
    return this.stored;
  }

  readonly restore = notExpected;
  readonly remove = notExpected;
  readonly sweep = notExpected;
  readonly maintain = notExpected;
}

interface Told {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: {
    mover?: string;
    error?: { code: string };
    backup?: { mover: string };
    verify?: boolean;
    cleanLog?: boolean;
  };
}

describe('BackUpRestorePoint', () => {
  let told: Told[];
  let calls: string[];
  let copy: FakeMover;
  let restic: FakeMover;
  let scanned: ManifestSummary;
  let exposing: SnapfleetError | undefined;
  let renewed: () => unknown;
  let cleanLog: boolean;
  let nowMs: number;
  let useCase: BackUpRestorePoint;
  const first = { signal: new AbortController().signal, lastAttempt: false };
  const last = { ...first, lastAttempt: true };
  const order = { ready, movers: ['copy', 'restic'], messageId: 'm-1' };
  const about = (mover: string): string[] =>
    told.filter(({ data }) => (data.mover ?? data.backup?.mover) === mover).map(({ name }) => name);

  beforeEach(() => {
    told = [];
    calls = [];
    copy = new FakeMover('copy');
    restic = new FakeMover('restic');
    scanned = manifest;
    exposing = undefined;
    renewed = () => ({ expiresAt: '2026-11-23T11:00:00Z' });
    cleanLog = true;
    nowMs = 0;
    const call = ({ name }: { name: string }): Promise<unknown> => {
      calls.push(name);
      if (name === 'volume.expose' && exposing !== undefined) return Promise.reject(exposing);
      if (name === 'volume.renew') return Promise.resolve().then(renewed);
      return Promise.resolve({ leaseId: 'lease', path: '/exposed', cleanLog });
    };
    useCase = new BackUpRestorePoint({
      movers: new Map([copy, restic].map((mover) => [mover.name, mover])),
      agent: { call: call as AgentCaller['call'] },
      events: {
        publish: <Definition extends EventDefinition>(
          { name }: Definition,
          data: DataInputOf<Definition>,
          { id }: { id?: string },
        ) => {
          told.push({ name, id, data: data as Told['data'] });
          return Promise.resolve();
        },
      },
      scratch: { use: (work) => work('/scratch') },
      scan: ({ path, manifestFile, onProgress }) => {
        calls.push(`scan ${path} to ${manifestFile}`);
        nowMs += 20_000;
        onProgress?.({ bytesDone: 1, filesDone: 1 });
        onProgress?.({ bytesDone: 2, filesDone: 1 });
        return Promise.resolve(scanned);
      },
      warn: () => undefined,
      nowMs: () => nowMs,
    });
  });

  it('reads the snapshot once for all movers, under a lease that it gives back', async () => {
    await useCase.run(order, first);
    expect(calls).toEqual([
      'volume.expose',
      'scan /exposed to /scratch/manifest.jsonl',
      ...['volume.renew', 'volume.renew', 'volume.renew'],
      'volume.conceal',
    ]);
    expect(about('copy')).toEqual(['backup.started', 'backup.progress', 'backup.completed']);
    expect(about('restic')).toEqual(['backup.started', 'backup.progress', 'backup.completed']);
    expect(told.at(-1)?.data.verify).toBe(true);
  });

  it('tells whether the snapshot was read with the log of its filesystem', async () => {
    cleanLog = false;
    await useCase.run(order, first);
    expect(told.filter(({ name }) => name === 'backup.completed').map(({ data }) => data.cleanLog)).toEqual([
      false,
      false,
    ]);
  });

  it('gives back the lease that a killed attempt has left, though nothing is left to be read', async () => {
    await useCase.run(order, first);
    calls = [];
    await useCase.run(order, first);
    expect(calls).toEqual(['volume.conceal']);
    calls = [];
    await useCase.abandon(order, new SnapfleetError('interrupted', 'killed each time'));
    expect(calls).toEqual(['volume.conceal']);
  });

  it('tells the same facts with the same ids when the order comes again, and does nothing twice', async () => {
    await useCase.run(order, first);
    const before = told.filter(({ name }) => name === 'backup.completed');
    told = [];
    calls = [];
    await useCase.run(order, first);
    expect(told).toEqual(before);
    expect(calls).toEqual(['volume.conceal']);
    expect(copy.backups).toBe(1);
  });

  it('tells a new fact when a new order is for the same restore point', async () => {
    await useCase.run(order, first);
    await useCase.run({ ...order, messageId: 'm-2' }, first);
    const ids = told.filter(({ name }) => name === 'backup.completed').map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it('does not redo a mover that has finished when another one fails for a while', async () => {
    restic.failures = [new SnapfleetError('destination_unavailable', 'away')];
    await expect(useCase.run(order, first)).rejects.toMatchObject({ code: 'destination_unavailable' });
    expect(about('copy').at(-1)).toBe('backup.completed');
    expect(about('restic')).not.toContain('backup.failed');
    await useCase.run(order, first);
    expect(about('restic').at(-1)).toBe('backup.completed');
    expect([copy.backups, restic.backups]).toEqual([1, 2]);
  });

  it('makes no backup of a filesystem that goes bad while a mover reads it', async () => {
    copy.whileReading = () => {
      renewed = () => ({ expiresAt: '2026-11-23T11:00:00Z', damage: 'EXT4-fs error (device dm-7): bad entry' });
    };
    await useCase.run(order, first);
    expect(about('copy').at(-1)).toBe('backup.failed');
    expect(told.find(({ name }) => name === 'backup.failed')?.data.error?.code).toBe('source_unreadable');
    expect(copy.stored).toBeUndefined();
  });

  it('tries again, and refutes nothing, where a mover cannot read because the lease has ended', async () => {
    copy.failures = [new SnapfleetError('source_unreadable', 'no such file')];
    const confirmed = renewed;
    let renewals = 0;
    renewed = () => {
      renewals += 1;
      if (renewals === 2) throw new SnapfleetError('lease_not_found', 'it has ended');
      return confirmed();
    };
    await expect(useCase.run(order, first)).rejects.toMatchObject({ code: 'lease_not_found', retryable: true });
    expect(about('copy')).not.toContain('backup.failed');
  });

  it('gives up at the last attempt and says why', async () => {
    restic.failures = [new SnapfleetError('destination_unavailable', 'away')];
    await useCase.run(order, last);
    expect(told.at(-1)).toMatchObject({
      name: 'backup.failed',
      data: { mover: 'restic', error: { code: 'destination_unavailable' } },
    });
  });

  it('refuses a mover that is not there, and makes the other backups', async () => {
    await useCase.run({ ...order, movers: ['tape', 'copy'] }, first);
    expect(told[0]).toMatchObject({ name: 'backup.failed', data: { mover: 'tape', error: { code: 'mover_unknown' } } });
    expect(about('copy').at(-1)).toBe('backup.completed');
  });

  it('fails every mover when the snapshot is not there any more', async () => {
    exposing = new SnapfleetError('volume_not_found', 'gone');
    await useCase.run(order, first);
    expect(told.filter(({ name }) => name === 'backup.failed').map(({ data }) => data.error?.code)).toEqual([
      'volume_not_found',
      'volume_not_found',
    ]);
  });

  it('makes no backup of a volume without files unless that is allowed', async () => {
    scanned = { ...manifest, files: 0 };
    await useCase.run(order, first);
    expect(told.at(-1)).toMatchObject({ name: 'backup.failed', data: { error: { code: 'empty_volume' } } });
    expect(calls.at(-1)).toBe('volume.conceal');
    await useCase.run({ ...order, ready: { ...ready, allowEmpty: true } }, first);
    expect(told.at(-1)?.name).toBe('backup.completed');
  });

  it('is interrupted without a verdict when the service stops', async () => {
    const stop = new AbortController();
    const stopped = (): Promise<never> => {
      stop.abort();
      return Promise.reject(new Error('aborted'));
    };
    copy.backup = stopped;
    restic.backup = stopped;
    await expect(useCase.run(order, { ...first, signal: stop.signal })).rejects.toMatchObject({ code: 'interrupted' });
    expect(told.map(({ name }) => name)).not.toContain('backup.failed');
    expect(calls.at(-1)).toBe('volume.conceal');
  });

  it('gives no verdict at the last attempt either when the service stops, whatever fails by that', async () => {
    const stop = new AbortController();
    copy.backup = () => {
      stop.abort();
      return Promise.reject(new SnapfleetError('source_unreadable', 'gone under the reader'));
    };
    await expect(useCase.run(order, { signal: stop.signal, lastAttempt: true })).rejects.toThrow();
    expect(about('copy')).not.toContain('backup.failed');
  });

  it('tells of each backup of an order that was given up that it failed, with the id of a failure', async () => {
    const reason = new SnapfleetError('interrupted', 'crashed each time');
    await useCase.abandon(order, reason);
    const given = told.map(({ name, id, data }) => [name, data.mover, data.error?.code, id]);
    expect(given.map((facts) => facts.slice(0, 3))).toEqual([
      ['backup.failed', 'copy', 'interrupted'],
      ['backup.failed', 'restic', 'interrupted'],
    ]);
    told = [];
    exposing = new SnapfleetError('volume_not_found', 'gone');
    await useCase.run(order, first);
    const failures = told.filter(({ name }) => name === 'backup.failed');
    expect(failures.map(({ id }) => id)).toEqual(given.map(([, , , id]) => id));
  });
});
