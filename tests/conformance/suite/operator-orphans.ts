import { randomUUID } from 'node:crypto';
import {
  ClaimPreflight,
  ClusterInventory,
  ClusterPurge,
  ClusterReferences,
  SnapshotRemove,
  SnapshotTake,
  type BoundSnapshot,
  type ClaimFacts,
  type DataInputOf,
  type InventoryEntry,
} from '@snapfleet/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { errorOf, type OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';

const deadlineSeconds = 120;

/** What is left over of snapshots, made by hand in the ways in which it comes about, and how it is listed and purged. */
export function describeOrphanCommands(use: () => OperatorUnderTest, home: () => Home): void {
  describe('what is left over', () => {
    let facts: ClaimFacts;
    const take = (restorePointId: string): Promise<BoundSnapshot> =>
      use().call(SnapshotTake, {
        restorePointId,
        ...home(),
        claimUid: facts.uid,
        volumeSnapshotClassName: 'topolvm-snapclass-retain',
        readyDeadlineSeconds: deadlineSeconds,
      });
    const purge = (restorePointId: string, target: DataInputOf<typeof ClusterPurge>['target'], dryRun = false) =>
      use().call(ClusterPurge, { restorePointId, ...home(), target, dryRun, deadlineSeconds });
    const inventory = async (name: string): Promise<InventoryEntry | undefined> =>
      (await use().call(ClusterInventory, {})).entries.find((entry) => entry.name === name);
    const unreferenced = async (handle: string): Promise<boolean> =>
      (await use().call(ClusterReferences, { volumeHandles: [handle] })).unreferenced.length === 1;
    const deleteSnapshot = async ({ volumeSnapshotName: name }: BoundSnapshot): Promise<void> => {
      const { cluster } = use();
      await cluster.deleteSnapshot(home().namespace, name);
      await cluster.until('it is gone', async () => (await cluster.snapshot(home().namespace, name)) === undefined);
    };

    beforeAll(async () => {
      const reply = await use().call(ClaimPreflight, { ...home(), quiesce: { level: 'none' } });
      if (!reply.passed) throw new Error(JSON.stringify(reply.findings));
      facts = reply.claim;
    });

    test('a content whose VolumeSnapshot somebody deleted is listed, and purged with its logical volume', async () => {
      const { device } = use();
      const id = randomUUID();
      const snapshot = await take(id);
      const { volumeSnapshotContentName: name, volumeSnapshotUid, snapshotHandle } = snapshot;
      expect(await inventory(snapshot.volumeSnapshotName)).toMatchObject({ managed: true, ready: true });
      expect(await inventory(name)).toBeUndefined();
      await deleteSnapshot(snapshot);
      const entry = await inventory(name);
      expect(entry).toMatchObject({
        kind: 'volume-snapshot-content',
        deletionPolicy: 'Retain',
        volumeHandle: snapshotHandle,
        volumeSnapshot: { uid: volumeSnapshotUid },
        referencedBy: [],
      });
      const target = { kind: 'volume-snapshot-content', name, uid: entry?.uid ?? '', volumeSnapshotUid } as const;
      expect((await errorOf(purge(id, { ...target, volumeSnapshotUid: 'another' }))).code).toBe('orphan_not_purgeable');
      expect(await purge(id, target, true)).toMatchObject({ removed: false, volumeHandle: snapshotHandle });
      expect(await device.logicalVolumeExists(snapshotHandle)).toBe(true);
      expect(await purge(id, target)).toMatchObject({ removed: true });
      expect(await device.logicalVolumeExists(snapshotHandle)).toBe(false);
      expect(await purge(id, target)).toMatchObject({ removed: false });
    });

    test('of two contents on one handle none takes the logical volume from the other', async () => {
      const { call, cluster, device } = use();
      const { namespace } = home();
      const id = randomUUID();
      const snapshot = await take(id);
      const { volumeSnapshotContentName: name, volumeSnapshotUid, snapshotHandle } = snapshot;
      const adopted = `adopted-${namespace}`;
      await cluster.apply({
        apiVersion: 'snapshot.storage.k8s.io/v1',
        kind: 'VolumeSnapshotContent',
        metadata: { name: adopted },
        spec: {
          deletionPolicy: 'Retain',
          driver: 'topolvm.io',
          source: { snapshotHandle },
          volumeSnapshotRef: { namespace, name: 'adopted' },
        },
      });
      const removal = { restorePointId: id, ...home(), snapshot, purge: true, deadlineSeconds };
      const refusal = await errorOf(call(SnapshotRemove, removal));
      expect(refusal).toMatchObject({ code: 'snapshot_in_use', message: expect.stringContaining(adopted) as string });
      expect(await inventory(adopted)).toMatchObject({ kind: 'volume-snapshot-content' });
      await deleteSnapshot(snapshot);
      const target = {
        kind: 'volume-snapshot-content',
        name,
        uid: (await inventory(name))?.uid ?? '',
        volumeSnapshotUid,
      };
      expect((await errorOf(purge(id, target as never))).message).toContain(adopted);
      await cluster.deleteContent(adopted);

      // Deleting a retained content by hand leaks what stands behind it.
      await cluster.deleteContent(name);
      await cluster.until('the content is gone', async () => (await cluster.content(name)) === undefined);
      expect(await device.logicalVolumeExists(snapshotHandle)).toBe(true);
      const left = await inventory(`snapshot-${volumeSnapshotUid}`);
      expect(left).toMatchObject({ kind: 'logical-volume', uid: snapshotHandle, volumeHandle: snapshotHandle });
      expect(await unreferenced(snapshotHandle)).toBe(false);
      const logicalVolume = {
        kind: 'logical-volume',
        name: left?.name ?? '',
        uid: snapshotHandle,
        volumeSnapshotUid,
      } as const;
      expect(await purge(id, logicalVolume)).toMatchObject({ removed: true, volumeHandle: snapshotHandle });
      expect(await unreferenced(snapshotHandle)).toBe(true);
      expect(await device.logicalVolumeExists(snapshotHandle)).toBe(false);
    });
  });
}
