import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupCompleted, type DataInputOf, type EventDefinition, SnapfleetError } from '@snapfleet/contracts';
import { type Comparison, type Mover, type RestoredBackup, Scratch } from '@snapfleet/movers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Verification } from '../verdict/verification.js';
import { VerifyBackup } from './verify-backup.use-case.js';

const backup = BackupCompleted.data.parse(BackupCompleted.example);
const same: Comparison = { differences: [], count: 0, expected: backup.manifest, actual: backup.manifest };
const notExpected = (): never => {
  throw new Error('not expected');
};

describe('VerifyBackup', () => {
  let told: { name: string; data: { mover?: string; error?: { code: string }; differenceCount?: number } }[];
  let root: string;
  let comparison: Comparison;
  let restoring: (target: string) => Promise<RestoredBackup>;
  let useCase: VerifyBackup;
  const attempt = { signal: new AbortController().signal, lastAttempt: false };

  beforeEach(async () => {
    told = [];
    comparison = same;
    root = await mkdtemp(join(tmpdir(), 'snapfleet-verify-'));
    restoring = (target) =>
      Promise.resolve({ path: target, volumeMode: 'Filesystem', manifestFile: join(target, 'm') });
    const mover: Mover = {
      name: 'copy',
      restore: ({ target }) => restoring(target),
      find: notExpected,
      backup: notExpected,
      remove: notExpected,
      sweep: notExpected,
      maintain: notExpected,
    };
    const publish = <Definition extends EventDefinition>(
      { name }: Definition,
      data: DataInputOf<Definition>,
    ): Promise<void> => {
      told.push({ name, data: data as (typeof told)[number]['data'] });
      return Promise.resolve();
    };
    useCase = new VerifyBackup({
      verification: new Verification({ events: { publish }, warn: () => undefined, nowMs: () => 0 }),
      movers: new Map([['copy', mover]]),
      scratch: new Scratch(root, 'verify-'),
      scan: () => Promise.resolve(backup.manifest),
      compare: () => Promise.resolve(comparison),
    });
  });
  afterEach(async () => {
    const left = await readdir(root);
    await rm(root, { recursive: true });
    expect(left).toEqual([]);
  });

  it('restores the backup, compares it, and leaves nothing behind', async () => {
    await useCase.run({ backup, messageId: 'm-1' }, attempt);
    expect(told).toMatchObject([{ name: 'restore.verified', data: { level: 'backup', mover: 'copy' } }]);
  });

  it('tells how much of it differs', async () => {
    comparison = { ...same, count: 3 };
    await useCase.run({ backup, messageId: 'm-1' }, attempt);
    expect(told).toMatchObject([
      { name: 'restore.failed', data: { error: { code: 'verification_failed' }, differenceCount: 3 } },
    ]);
  });

  it('does not trust a backup whose manifest is not the one that was announced', async () => {
    comparison = { ...same, expected: { ...backup.manifest, rootDigest: `sha256:${'f'.repeat(64)}` } };
    await useCase.run({ backup, messageId: 'm-1' }, attempt);
    expect(told).toMatchObject([
      { name: 'restore.failed', data: { differences: [{ path: 'manifest.jsonl', field: 'rootDigest' }] } },
    ]);
  });

  it('tries again while the destination is away, and says so at the last attempt', async () => {
    restoring = () => Promise.reject(new SnapfleetError('destination_unavailable', 'away'));
    await expect(useCase.run({ backup, messageId: 'm-1' }, attempt)).rejects.toMatchObject({
      code: 'destination_unavailable',
    });
    await useCase.run({ backup, messageId: 'm-1' }, { ...attempt, lastAttempt: true });
    expect(told).toMatchObject([{ name: 'restore.failed', data: { error: { code: 'destination_unavailable' } } }]);
  });

  it('says at once that the backup is gone, or that its mover is', async () => {
    restoring = () => Promise.reject(new SnapfleetError('backup_not_found', 'gone'));
    await useCase.run({ backup, messageId: 'm-1' }, attempt);
    await useCase.run(
      { backup: { ...backup, backup: { ...backup.backup, mover: 'tape' } }, messageId: 'm-2' },
      attempt,
    );
    expect(told.map(({ data }) => data.error?.code)).toEqual(['backup_not_found', 'mover_unknown']);
  });

  it('does not call an empty backup proven unless the policy allows it', async () => {
    const empty = { ...backup, manifest: { ...backup.manifest, files: 0 } };
    await useCase.run({ backup: empty, messageId: 'm-1' }, attempt);
    await useCase.run({ backup: { ...empty, allowEmpty: true }, messageId: 'm-2' }, attempt);
    expect(told.map(({ name }) => name)).toEqual(['restore.failed', 'restore.verified']);
  });
});
