import {
  type CommandHandle,
  CommandFailure,
  SnapshotCreate,
  SnapshotDelete,
  SnapshotShow,
  SnapshotVerify,
} from '@snapfleet/client';
import type { DataInputOf } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import type { Place } from './group-suite.js';

type Policy = DataInputOf<typeof SnapshotCreate>['policy'];

/** What is decided about copies, and by whom: no real volume is needed for it, and the real device is slow. */
export function describeVerdicts(use: () => Place): void {
  describe('a verified copy', () => {
    const create = (policy: Policy): Promise<CommandHandle<'snapshot.create'>> => {
      const { client, namespace } = use();
      return client.send(SnapshotCreate, { namespace, persistentVolumeClaim: 'notes-data', policy });
    };
    const completed = async (handle: CommandHandle<'snapshot.create'>) =>
      (await use().client.completion(handle, { deadlineMs: use().deadlineMs })).data;
    const remove = async ({ restorePointId }: CommandHandle<'snapshot.create'>): Promise<void> => {
      const { client, deadlineMs } = use();
      const command = { restorePointId, deleteBackups: true, allowLastGoodCopy: true };
      await client.outcome(await client.send(SnapshotDelete, command), { deadlineMs });
    };

    test('the last verified copy is not deleted unless the command says that it may go', async () => {
      const { client, snapfleet, namespace, deadlineMs } = use();
      const handle = await create({ verify: ['snapshot'] });
      await completed(handle);
      const refused = client.outcome(await client.send(SnapshotDelete, { restorePointId: handle.restorePointId }), {
        deadlineMs,
      });
      await expect(refused).rejects.toThrow(CommandFailure);
      expect(await snapfleet.volumeSnapshots(namespace)).toHaveLength(1);
      await remove(handle);
    });

    test('a backup that was damaged at its destination is not verified again', async () => {
      const { client, snapfleet, deadlineMs } = use();
      const handle = await create({ movers: ['copy'], verify: ['backup'] });
      expect(await completed(handle)).toMatchObject({ outcome: 'proven' });
      await snapfleet.damageCopy(handle.restorePointId, 'notes.txt');
      const verify = { restorePointId: handle.restorePointId, level: 'backup' as const };
      await expect(client.outcome(await client.send(SnapshotVerify, verify), { deadlineMs })).rejects.toThrow(
        /notes\.txt|differ/,
      );
      await remove(handle);
    });

    test('with the verifier stopped the backup is still made; started later it proves both from the stream', async () => {
      const { client, snapfleet, deadlineMs } = use();
      const point = async ({ restorePointId }: CommandHandle<'snapshot.create'>) =>
        (await client.ask(SnapshotShow, { restorePointId })).restorePoint;
      await snapfleet.stopService('restore-verifier');
      const handle = await create({ movers: ['copy'] });
      await waitUntil(
        'the backup is made',
        async () => (await point(handle)).backups.some(({ state }) => state === 'completed'),
        { deadlineMs },
      );
      expect((await point(handle)).verifications.map(({ state }) => state)).toEqual(['pending', 'pending']);
      await snapfleet.startService('restore-verifier');
      expect(await completed(handle)).toMatchObject({ outcome: 'proven' });
      await remove(handle);
    });
  });
}
