import {
  SnapshotCreate,
  SnapshotDelete,
  SnapshotRestore,
  type CommandHandle,
  type SnapfleetClient,
} from '@snapfleet/client';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { consumerPod, demoObjects, namespaceObject } from './demo-objects.js';
import { print, printEvent } from './print.js';

const file = 'notes.txt';
const text = 'Water the plants on Monday.\n';

/**
 * The main job, end to end: write a file, snapshot, back up, verify, lose the file, restore, and see that it is back.
 * @throws Error when any of it is not as it should be
 */
export async function runMainJob(
  snapfleet: SnapfleetDevice,
  client: SnapfleetClient,
  movers: readonly string[],
): Promise<void> {
  const { device } = snapfleet;
  const namespace = 'demo';
  const claim = { namespace, persistentVolumeClaim: 'notes-data' };

  print.step(1, `A workload with a volume: Deployment notes, PersistentVolumeClaim ${namespace}/notes-data`);
  await device.applyObjects(namespaceObject(namespace), ...demoObjects(namespace));
  await snapfleet.podIsRunning(namespace, 'app=notes');
  await device.writeFiles(claim, { [file]: text });
  print.note(`wrote ${file}: ${text.trim()}`);

  print.step(2, 'Snapshot it: quiesce, VolumeSnapshot, resume; then back up and verify, each by its own service');
  const created = await client.send(SnapshotCreate, {
    ...claim,
    policy: { quiesce: { level: 'cold', workload: { kind: 'Deployment', name: 'notes' } }, movers: [...movers] },
    requestedBy: 'quickstart',
  });
  const { data } = await client.completion(created, { onEvent: printEvent });
  if ('outcome' in data && data.outcome !== 'proven')
    throw new Error(`the restore point is not proven: ${data.failures.join('; ')}`);

  print.step(3, 'Lose the file');
  await snapfleet.podIsRunning(namespace, 'app=notes');
  await device.runInVolume(claim, `rm ${file}`);
  print.note(`files now: ${Object.keys(await device.readFiles(claim)).join(' ') || 'none'}`);

  print.step(4, 'Restore the snapshot into a new claim, notes-restored');
  await follow(
    client,
    await client.send(SnapshotRestore, { restorePointId: created.restorePointId, targetClaim: 'notes-restored' }),
  );
  const restored = { namespace, persistentVolumeClaim: 'notes-restored' };
  await device.applyObjects(consumerPod(namespace, 'reader', 'notes-restored'));
  await snapfleet.podIsRunning(namespace, 'app=reader');
  const found = (await device.readFiles(restored))[file];
  if (found !== text) throw new Error(`${file} is not back: ${found ?? 'absent'}`);
  print.note(`${file} is back: ${found.trim()}`);

  print.step(5, 'Delete the snapshot; its verified backups stay');
  await follow(client, await client.send(SnapshotDelete, { restorePointId: created.restorePointId }));
}

async function follow(client: SnapfleetClient, handle: CommandHandle): Promise<void> {
  await client.outcome(handle, { onEvent: printEvent });
}
