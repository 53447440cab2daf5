import { SnapshotCreate, SnapshotDelete, SnapshotShow, type CommandHandle } from '@snapfleet/client';
import type { DataInputOf } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { grantHooks } from '../support/hooks-role.js';
import type { Place } from './group-suite.js';

type Quiesce = NonNullable<NonNullable<DataInputOf<typeof SnapshotCreate>['policy']>['quiesce']>;
type Hooks = Extract<Quiesce, { level: 'hooks' }>['before'];

const workload = { kind: 'Deployment' as const, name: 'notes' };
const mark: Hooks[number] = { command: ['touch', '/data/marker'] };
const unmark: Hooks = [{ command: ['rm', '-f', '/data/marker'] }];

/** What the tests of hooks do; the volume of the workload is `notes-data`. */
function hooksOn(use: () => Place) {
  const volume = () => ({ namespace: use().namespace, persistentVolumeClaim: 'notes-data' });
  return {
    create: (before: Hooks, movers: 'copy'[] = []): Promise<CommandHandle<'snapshot.create'>> => {
      const quiesce: Quiesce = { level: 'hooks', workload, before, after: unmark };
      return use().client.send(SnapshotCreate, { ...volume(), policy: { quiesce, movers, verify: [] } });
    },
    remove: async ({ restorePointId }: CommandHandle<'snapshot.create'>): Promise<void> => {
      const command = { restorePointId, deleteBackups: true, allowLastGoodCopy: true };
      await use().client.outcome(await use().client.send(SnapshotDelete, command), { deadlineMs: use().deadlineMs });
    },
    marked: async (): Promise<boolean> => 'marker' in (await use().snapfleet.device.readFiles(volume())),
    gradeOf: async ({ restorePointId }: CommandHandle<'snapshot.create'>) =>
      (await use().client.ask(SnapshotShow, { restorePointId })).restorePoint.consistency,
  };
}

/** Commands in the Pods of a workload, before and after the cut. */
export function describeHooks(use: () => Place): void {
  test('a snapshot has in it what a hook before the cut did, and the volume what the hook after it did', async () => {
    const { create, gradeOf, marked, remove } = hooksOn(use);
    const { client, snapfleet, namespace, deadlineMs } = use();
    await grantHooks(snapfleet.device, namespace);
    const handle = await create([mark], ['copy']);
    const { data } = await client.completion(handle, { deadlineMs });
    expect(data, snapfleet.lastLogLines()).toMatchObject({ failures: [] });
    expect(await gradeOf(handle)).toBe('app');
    expect(await snapfleet.copyHolds(handle.restorePointId, 'marker')).toBe(true);
    expect(await marked()).toBe(false);
    await remove(handle);
  });
}

/** Hooks that fail: they need no real volume, and the real device is slow. */
export function describeFailingHooks(use: () => Place): void {
  describe('a snapshot with hooks that fail', () => {
    const { create, gradeOf, marked, remove } = hooksOn(use);

    test('is not made where it was one before the cut, and the hooks after it run all the same', async () => {
      const { client, snapfleet, namespace, deadlineMs } = use();
      const failed = client.outcome(await create([mark, { command: ['cat', '/data/absent'] }]), { deadlineMs });
      await expect(failed).rejects.toMatchObject({
        code: 'hook_failed',
        message: expect.stringContaining('exit code 1: cat: …: No such file or directory') as string,
      });
      expect(await marked()).toBe(false);
      expect(await snapfleet.leftovers(namespace)).toEqual([]);
    });

    test('is made where it was one that may, and is then worth no more than after a power cut', async () => {
      const { client, deadlineMs } = use();
      const handle = await create([{ command: ['false'], onError: 'continue' }]);
      await client.outcome(handle, { deadlineMs });
      expect(await gradeOf(handle)).toBe('crash');
      await remove(handle);
    });
  });
}
