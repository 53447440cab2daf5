import {
  type CommandHandle,
  GroupCreate,
  type RestorePoint,
  SnapfleetClient,
  SnapshotCancel,
  SnapshotDelete,
  SnapshotShow,
} from '@snapfleet/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { claim, deployment } from '../quickstart/demo-objects.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';

/** A device with Snapfleet, and where on it the tests make their objects. */
export interface Place {
  readonly snapfleet: SnapfleetDevice;
  readonly client: SnapfleetClient;
  readonly namespace: string;
  readonly deadlineMs: number;
}

const claims = ['pair-one', 'pair-two'];
const workload = { kind: 'Deployment' as const, name: 'pair' };

/** Several volumes of one application in one window. */
export function describeGroups(use: () => Place): void {
  describe('a group of two volumes of one application', () => {
    beforeAll(async () => {
      const { snapfleet, namespace } = use();
      const made = claims.map((name) => claim(namespace, name, '320Mi'));
      await snapfleet.device.applyObjects(...made, deployment(namespace, 'pair', ...claims));
      await snapfleet.podIsRunning(namespace, 'app=pair');
    });

    const create = (quiesce: { level: 'cold' | 'frozen'; workload: typeof workload }, names = claims) => {
      const { client, namespace } = use();
      const policy = { quiesce, verify: [], allowEmpty: true };
      return client.send(GroupCreate, { namespace, persistentVolumeClaims: names, policy });
    };

    const pointsOf = (handle: CommandHandle): Promise<RestorePoint[]> =>
      Promise.all(
        handle.restorePointIds.map(
          async (restorePointId) => (await use().client.ask(SnapshotShow, { restorePointId })).restorePoint,
        ),
      );

    test('is frozen once for both snapshots, and the grade says whether the freeze lasted', async () => {
      const { snapfleet, client, namespace, deadlineMs } = use();
      const handle = await create({ level: 'frozen', workload });
      const told: string[] = [];
      let conflict: string | undefined;
      const { data } = await client.outcome(handle, {
        deadlineMs,
        onEvent: (event) => {
          told.push(event.name);
          if (event.name === 'workload.resumed') conflict = event.data.conflict;
        },
      });
      expect(told.filter((name) => name === 'snapshot.ready')).toHaveLength(2);
      expect(data).toMatchObject({
        members: claims.map((persistentVolumeClaim) => ({ persistentVolumeClaim })),
        // A slow device may need longer for its snapshots than a freeze may last.
        consistency: conflict === undefined ? 'fs' : 'crash',
      });
      if (conflict !== undefined) expect(conflict).toContain('the time was over');
      const points = await pointsOf(handle);
      for (const { snapshot, group, downtimeMs } of points) {
        expect(group?.groupId).toBe(handle.operationId);
        expect(downtimeMs).toBeGreaterThan(0);
        expect(await snapfleet.device.logicalVolumeExists(snapshot?.snapshotHandle ?? '')).toBe(true);
      }
      for (const restorePointId of handle.restorePointIds)
        await client.outcome(await client.send(SnapshotDelete, { restorePointId }), { deadlineMs });
      expect(await snapfleet.leftovers(namespace)).toEqual([]);
    });

    test('is not made at all where one of its claims does not pass', async () => {
      const { snapfleet, client, namespace, deadlineMs } = use();
      const handle = await create({ level: 'cold', workload }, [...claims, 'absent']);
      await expect(client.outcome(handle, { deadlineMs })).rejects.toMatchObject({ code: 'pvc_not_found' });
      expect((await pointsOf(handle)).map(({ phase }) => phase)).toEqual(['failed', 'failed', 'failed']);
      expect(await snapfleet.leftovers(namespace)).toEqual([]);
      await snapfleet.podIsRunning(namespace, 'app=pair');
    });

    test('is cancelled as a whole by any of its members, and the workload comes back', async () => {
      const { snapfleet, client, namespace, deadlineMs } = use();
      const handle = await create({ level: 'cold', workload });
      const [, second] = handle.restorePointIds;
      const cancel = await client.send(SnapshotCancel, { restorePointId: second ?? handle.restorePointId });
      await expect(client.outcome(handle, { deadlineMs })).rejects.toMatchObject({ code: 'cancelled' });
      await client.outcome(cancel, { deadlineMs });
      expect((await pointsOf(handle)).map(({ phase }) => phase)).toEqual(['failed', 'failed']);
      await snapfleet.podIsRunning(namespace, 'app=pair');
      expect(await snapfleet.leftovers(namespace)).toEqual([]);
    });
  });
}
