import {
  type CommandHandle,
  connectToDevice,
  type SnapfleetClient,
  SnapshotCreate,
  SnapshotDelete,
  SnapshotList,
  SnapshotRestore,
  SnapshotShow,
} from '@snapfleet/client';
import type { DataInputOf } from '@snapfleet/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claim, consumerPod, deployment } from '../quickstart/demo-objects.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { waitUntil } from '../support/wait-until.js';
import { describeGroups, type Place } from './group-suite.js';
import { describeHooks } from './hooks-suite.js';
import { describeOrphans } from './orphans-suite.js';

type Policy = DataInputOf<typeof SnapshotCreate>['policy'];

const deadlineMs = 10 * 60_000;
const quiesceNotes = { level: 'cold' as const, workload: { kind: 'Deployment' as const, name: 'notes' } };

/**
 * The whole procedure with all services as processes; the same on the embedded and on the real device. The tests share
 * one device and one volume with a Deployment that uses it, because volumes are slow to make in the guest. `describeMore` describes
 * more tests on that device.
 */
export function describeProcedure(
  name: string,
  start: () => Promise<SnapfleetDevice>,
  describeMore: (use: () => Place) => void = () => undefined,
): void {
  describe(`the whole procedure on ${name}`, () => {
    let snapfleet: SnapfleetDevice;
    let client: SnapfleetClient;
    let namespace: string;
    const volume = () => ({ namespace, persistentVolumeClaim: 'notes-data' });

    const create = (policy: Policy, key?: string): Promise<CommandHandle<'snapshot.create'>> =>
      client.send(SnapshotCreate, { ...volume(), policy, ...(key === undefined ? {} : { idempotencyKey: key }) });
    const completed = async (handle: CommandHandle<'snapshot.create'>) =>
      (await client.completion(handle, { deadlineMs })).data;
    const remove = async (handle: CommandHandle<'snapshot.create'>): Promise<void> => {
      const { restorePointId } = handle;
      const command = { restorePointId, deleteBackups: true, allowLastGoodCopy: true };
      await client.outcome(await client.send(SnapshotDelete, command), { deadlineMs });
    };
    const point = async (handle: CommandHandle<'snapshot.create'>) =>
      (await client.ask(SnapshotShow, { restorePointId: handle.restorePointId })).restorePoint;

    beforeAll(async () => {
      snapfleet = await start();
      client = await connectToDevice({
        servers: snapfleet.natsUrl,
        device: snapfleet.name,
        ...snapfleet.nats.access,
      });
      namespace = await snapfleet.device.namespace();
      const objects = [claim(namespace, 'notes-data', '320Mi'), deployment(namespace, 'notes', 'notes-data')];
      await snapfleet.device.applyObjects(...objects);
      await snapfleet.podIsRunning(namespace, 'app=notes');
      await snapfleet.device.writeFiles(volume(), { 'notes.txt': 'first\n', 'folder/other.txt': 'second\n' });
    });

    afterAll(async () => {
      await client.close();
      await snapfleet.stop();
    });

    test('one command makes a quiesced snapshot, backs it up by each mover, proves all of it, and is deleted again', async () => {
      const events: string[] = [];
      const handle = await create({ quiesce: quiesceNotes, movers: ['copy', 'restic'] });
      const { data } = await client.completion(handle, { deadlineMs, onEvent: (event) => events.push(event.name) });
      expect(data).toMatchObject({ outcome: 'proven', failures: [] });
      expect(events).toContain('snapshot.begun');
      expect(events.filter((event) => event === 'backup.completed')).toHaveLength(2);
      expect(events.filter((event) => event === 'restore.verified')).toHaveLength(3);
      expect(events.indexOf('workload.resumed')).toBeLessThan(events.indexOf('snapshot.ready'));
      const ready = await point(handle);
      expect(ready).toMatchObject({ phase: 'verified-remote', consistency: 'app' });
      const digests = [
        ...ready.backups.map(({ manifest }) => manifest?.rootDigest),
        ...ready.verifications.map(({ rootDigest }) => rootDigest),
      ];
      expect(new Set(digests).size).toBe(1);

      await remove(handle);
      expect((await point(handle)).phase).toBe('deleted');
      expect(await snapfleet.device.logicalVolumeExists(ready.snapshot?.snapshotHandle ?? '')).toBe(false);
      expect(await snapfleet.leftovers(namespace)).toEqual([]);
    });

    test('what is lost is back after a restore, also into a larger claim', async () => {
      const handle = await create({ quiesce: quiesceNotes, verify: ['snapshot'] });
      expect(await completed(handle)).toMatchObject({ outcome: 'proven' });
      await snapfleet.podIsRunning(namespace, 'app=notes');
      await snapfleet.device.runInVolume(volume(), 'rm notes.txt');
      const restore = {
        restorePointId: handle.restorePointId,
        targetClaim: 'notes-restored',
        sizeBytes: 400 * 1024 * 1024,
      };
      const { data } = await client.outcome(await client.send(SnapshotRestore, restore), { deadlineMs });
      expect(data).toMatchObject({ targetClaim: 'notes-restored' });
      await snapfleet.device.applyObjects(consumerPod(namespace, 'reader', 'notes-restored'));
      await snapfleet.podIsRunning(namespace, 'app=reader');
      const files = await snapfleet.device.readFiles({ namespace, persistentVolumeClaim: 'notes-restored' });
      expect(files).toMatchObject({ 'notes.txt': 'first\n', 'folder/other.txt': 'second\n' });
      await snapfleet.device.writeFiles(volume(), { 'notes.txt': 'first\n' });
      await remove(handle);
    });

    test('the same command twice makes one snapshot, and the second is answered', async () => {
      const policy: Policy = { verify: [] };
      const first = await create(policy, 'same-key');
      await client.outcome(first, { deadlineMs });
      const second = await create(policy, 'same-key');
      await client.outcome(second, { deadlineMs });
      expect(second.restorePointId).toBe(first.restorePointId);
      const { restorePoints } = await client.ask(SnapshotList, volume());
      expect(restorePoints.filter(({ restorePointId }) => restorePointId === first.restorePointId)).toHaveLength(1);
      expect(await snapfleet.volumeSnapshots(namespace)).toHaveLength(1);
      await remove(first);
    });

    test('with the backup worker stopped the snapshot is still verified; started later it does its work from the stream', async () => {
      await snapfleet.stopService('backup-worker');
      const handle = await create({ movers: ['copy'], verify: ['snapshot'] });
      await waitUntil(
        'the snapshot is verified',
        async () => (await point(handle)).verifications.some(({ state }) => state === 'verified'),
        { deadlineMs },
      );
      expect((await point(handle)).backups).toMatchObject([{ state: 'pending' }]);
      await snapfleet.startService('backup-worker');
      expect(await completed(handle)).toMatchObject({ outcome: 'proven' });
      await remove(handle);
    });

    test('a workload that does not exist is refused before anything is touched', async () => {
      const handle = await create({ quiesce: { level: 'cold', workload: { kind: 'Deployment', name: 'absent' } } });
      await expect(client.outcome(handle, { deadlineMs })).rejects.toMatchObject({ code: 'workload_not_found' });
      expect(await snapfleet.volumeSnapshots(namespace)).toEqual([]);
      await snapfleet.podIsRunning(namespace, 'app=notes');
    });

    test('a bare Pod is deleted for the snapshot and comes back from its own manifest', async () => {
      const pod = consumerPod(namespace, 'lonely', 'lonely-data');
      await snapfleet.device.applyObjects(claim(namespace, 'lonely-data', '320Mi'), pod);
      await snapfleet.podIsRunning(namespace, 'app=lonely');
      const uid = await snapfleet.podUid(namespace, 'lonely');
      const quiesce = { level: 'cold' as const, workload: { kind: 'Pod' as const, name: 'lonely' } };
      const handle = await client.send(SnapshotCreate, {
        namespace,
        persistentVolumeClaim: 'lonely-data',
        policy: {
          quiesce,
          verify: ['snapshot'],
          allowEmpty: true,
          volumeSnapshotClassName: 'topolvm-snapclass-retain',
        },
      });
      expect(await completed(handle)).toMatchObject({ outcome: 'proven' });
      await snapfleet.podIsRunning(namespace, 'app=lonely');
      expect(await snapfleet.podUid(namespace, 'lonely')).not.toBe(uid);

      const { snapshot } = await point(handle);
      const command = { restorePointId: handle.restorePointId, allowLastGoodCopy: true, purge: true };
      const { data } = await client.outcome(await client.send(SnapshotDelete, command), { deadlineMs });
      expect(data).toMatchObject({ freed: true });
      expect(await snapfleet.device.logicalVolumeExists(snapshot?.snapshotHandle ?? '')).toBe(false);
    });

    // That one succeeds is shown in the conformance suite of the cluster operator.
    test('the verdict includes what the assertion in the restored Pod says', async () => {
      const assertion = { image: 'busybox', command: ['grep', '-q', 'absent', '/data/notes.txt'] };
      const handle = await create({ verify: ['snapshot'], assertion });
      expect(await completed(handle)).toMatchObject({ outcome: 'incomplete' });
      const { runsAssertions } = snapfleet.device.capabilities;
      const failed = (await point(handle)).verifications.map(({ error }) => error?.code);
      expect(failed).toEqual([runsAssertions ? 'assertion_failed' : 'consumer_not_ready']);
      await remove(handle);
    });

    const place = (): Place => ({ snapfleet, client, namespace, deadlineMs });
    describeHooks(place);
    describeGroups(place);
    describeOrphans(() => ({ snapfleet, client, volume: volume() }));
    describeMore(place);
  });
}
