import { connectToDevice, SnapshotCreate, SnapshotDelete, SnapshotShow } from '@snapfleet/client';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claim, consumerPod } from '../quickstart/demo-objects.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';

const maker = fileURLToPath(new URL('../support/make-odd-tree.ts', import.meta.url));
const loader = fileURLToPath(import.meta.resolve('tsx'));
const deadlineMs = 20 * 60_000;

/** A tree of everything that a careless copy loses goes through snapshot, both movers and back, and is equal each time. */
export function describeOddTree(name: string, files: number, start: () => Promise<SnapfleetDevice>): void {
  describe(`a tree of ${String(files)} files with odd names, links, holes and attributes on ${name}`, () => {
    let snapfleet: SnapfleetDevice;

    beforeAll(async () => {
      snapfleet = await start();
    });

    afterAll(async () => {
      await snapfleet.stop();
    });

    test('comes back equal, by manifest, from the snapshot and through both movers', async () => {
      const { device, natsUrl, nats } = snapfleet;
      const namespace = await device.namespace();
      const volume = { namespace, persistentVolumeClaim: 'odd' };
      await device.applyObjects(claim(namespace, 'odd', '512Mi'), consumerPod(namespace, 'odd', 'odd'));
      await snapfleet.podIsRunning(namespace, 'app=odd');
      await device.runInVolume(volume, `'${process.execPath}' --import '${loader}' '${maker}' ${String(files)}`);

      const client = await connectToDevice({ servers: natsUrl, device: snapfleet.name, ...nats.access });
      try {
        const handle = await client.send(SnapshotCreate, { ...volume, policy: { movers: ['copy', 'restic'] } });
        expect((await client.completion(handle, { deadlineMs })).data).toMatchObject({
          outcome: 'proven',
          failures: [],
        });
        const { restorePoint } = await client.ask(SnapshotShow, { restorePointId: handle.restorePointId });
        expect(restorePoint.verifications).toHaveLength(3);
        const digests = restorePoint.backups.map(({ manifest }) => manifest?.rootDigest);
        expect(new Set([...digests, ...restorePoint.verifications.map(({ rootDigest }) => rootDigest)]).size).toBe(1);
        expect(restorePoint.backups.every(({ manifest }) => (manifest?.files ?? 0) >= files)).toBe(true);
        const command = { restorePointId: handle.restorePointId, deleteBackups: true, allowLastGoodCopy: true };
        await client.outcome(await client.send(SnapshotDelete, command), { deadlineMs });
        expect(await snapfleet.leftovers(namespace)).toEqual([]);
      } finally {
        await client.close();
      }
    });
  });
}
