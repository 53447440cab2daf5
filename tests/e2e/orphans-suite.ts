import { CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import {
  CommandFailure,
  DeviceDoctor,
  OrphanList,
  OrphanPurge,
  type OrphanRecord,
  type SnapfleetClient,
  SnapshotCreate,
  SnapshotDelete,
  SnapshotShow,
} from '@snapfleet/client';
import { expect, test } from 'vitest';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { waitUntil } from '../support/wait-until.js';

/** What these tests are given by the suite whose device they share. */
export interface OrphanBench {
  readonly snapfleet: SnapfleetDevice;
  readonly client: SnapfleetClient;
  readonly volume: { readonly namespace: string; readonly persistentVolumeClaim: string };
}

const deadlineMs = 10 * 60_000;
const foreignName = 'snapshot-of-somebody-else';
const logicalVolumes = { group: 'topolvm.io', version: 'v1', plural: 'logicalvolumes' };
const contents = { group: 'snapshot.storage.k8s.io', version: 'v1', plural: 'volumesnapshotcontents' };
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/**
 * What is left over of one retained snapshot, deeper and deeper: the content, the LogicalVolume, the logical volume alone. Things
 * that are not ours lie beside it and stay.
 */
export function describeOrphans(use: () => OrphanBench): void {
  let custom: CustomObjectsApi;
  const scan = async (): Promise<readonly OrphanRecord[]> => {
    const { orphans, problem } = await use().client.ask(OrphanList, { scan: true }, { deadlineMs: 120_000 });
    expect(problem).toBeUndefined();
    return orphans;
  };
  const named = async (name: string): Promise<OrphanRecord> => {
    const found = (await scan()).find((orphan) => orphan.name.endsWith(name));
    if (found === undefined) throw new Error(`${name} is not among the orphans`);
    return found;
  };
  const purge = async ({ orphanId }: OrphanRecord, dryRun = false) => {
    const { client } = use();
    return client.outcome(await client.send(OrphanPurge, { orphanId, dryRun }), { deadlineMs });
  };
  const codeOf = (purging: Promise<unknown>): Promise<string> =>
    purging.then(
      () => 'purged',
      (error: unknown) => (error instanceof CommandFailure ? error.code : String(error)),
    );
  /** Removes a LogicalVolume without its logical volume, as a lost etcd write or a finalizer taken off does. */
  const loseLogicalVolume = async (name: string): Promise<void> => {
    // TopoLVM puts its finalizer back on what is of its node, and would free the volume.
    const body = { metadata: { finalizers: null }, spec: { nodeName: 'lost' } };
    await custom.patchClusterCustomObject({ ...logicalVolumes, name, body }, mergePatch);
    await custom.deleteClusterCustomObject({ ...logicalVolumes, name });
  };

  test('what is left over is explained, kept in quarantine and purged by proof; what is not ours stays', async () => {
    const { snapfleet, client, volume } = use();
    const config = new KubeConfig();
    config.loadFromFile(snapfleet.device.kubeconfigPath);
    custom = config.makeApiClient(CustomObjectsApi);
    await snapfleet.stopService('orchestrator');
    await snapfleet.startService('orchestrator', {
      SNAPFLEET_ORPHAN_SCAN_SECONDS: '0',
      SNAPFLEET_ORPHAN_SETTLE_SECONDS: '0',
      SNAPFLEET_ORPHAN_QUARANTINE_SECONDS: '0',
    });
    await waitUntil('queries are answered', () => client.ask(OrphanList, {}).catch(() => undefined), { deadlineMs });
    const policy = { verify: [], volumeSnapshotClassName: 'topolvm-snapclass-retain' };
    const { restorePointId } = await client
      .outcome(await client.send(SnapshotCreate, { ...volume, policy }), { deadlineMs })
      .then(({ data }) => data as { restorePointId: string });
    const { snapshot } = (await client.ask(SnapshotShow, { restorePointId })).restorePoint;
    if (snapshot === undefined) throw new Error('the snapshot is not there');
    const { volumeSnapshotContentName, volumeSnapshotUid, snapshotHandle } = snapshot;

    // While the restore point counts on them, neither a lost VolumeSnapshot nor anything else makes them purgeable.
    await custom.deleteNamespacedCustomObject({
      ...{ ...contents, plural: 'volumesnapshots' },
      namespace: volume.namespace,
      name: snapshot.volumeSnapshotName,
    });
    await waitUntil('the VolumeSnapshot is gone', async () => {
      return !(await snapfleet.volumeSnapshots(volume.namespace)).includes(snapshot.volumeSnapshotName);
    });
    for (const lost of [false, true]) {
      expect(await named(volumeSnapshotContentName)).toMatchObject({ owner: 'ours', purge: 'never', restorePointId });
      const { restorePoint } = await client.ask(SnapshotShow, { restorePointId });
      expect(restorePoint.lostSnapshot?.snapshot).toEqual(lost ? snapshot : undefined);
      expect(restorePoint.snapshot).toEqual(lost ? undefined : snapshot);
    }
    await client.outcome(await client.send(SnapshotDelete, { restorePointId }), { deadlineMs });

    await snapfleet.device.applyObjects({
      apiVersion: 'topolvm.io/v1',
      kind: 'LogicalVolume',
      metadata: { name: foreignName },
      spec: { name: foreignName, nodeName: 'device', deviceClass: 'thin', size: '16Mi' },
    });
    const content = await named(volumeSnapshotContentName);
    expect(content).toMatchObject({
      kind: 'volume-snapshot-content',
      owner: 'ours',
      purge: 'on-command',
      restorePointId,
    });
    expect((await purge(content, true)).name).toBe('orphan.examined');
    const foreign = await named(foreignName);
    expect(foreign).toMatchObject({ kind: 'logical-volume', owner: 'unknown', purge: 'never' });
    expect(await codeOf(purge(foreign))).toBe('orphan_not_purgeable');

    await custom.deleteClusterCustomObject({ ...contents, name: volumeSnapshotContentName });
    const logicalVolume = await named(`snapshot-${volumeSnapshotUid}`);
    expect(logicalVolume).toMatchObject({ kind: 'logical-volume', owner: 'ours', purge: 'on-command' });
    expect(await codeOf(purge(logicalVolume))).toBe('orphan_in_quarantine');
    await loseLogicalVolume(logicalVolume.name);
    await loseLogicalVolume(foreignName);
    await scan();
    const thin = await named(`/${snapshotHandle}`);
    expect(thin).toMatchObject({ kind: 'thin-volume', owner: 'ours', purge: 'on-command', quarantineOver: true });
    const { checks } = await client.ask(DeviceDoctor, {}, { deadlineMs: 60_000 });
    expect(checks.find(({ check }) => check.includes('left over'))).toMatchObject({
      passed: false,
      note: expect.stringMatching(/^1 of ours in quarantine/) as string,
    });

    expect((await purge(thin, true)).name).toBe('orphan.examined');
    expect(await snapfleet.device.logicalVolumeExists(snapshotHandle)).toBe(true);
    expect((await purge(thin)).data).toMatchObject({ freed: true, cause: 'command' });
    expect(await snapfleet.device.logicalVolumeExists(snapshotHandle)).toBe(false);
    expect(await codeOf(purge(thin))).toBe('orphan_not_found');

    // The logical volume of somebody else, of which nothing in the cluster is left either.
    const rest = await scan();
    expect(rest.filter(({ owner }) => owner === 'ours')).toEqual([]);
    if (!snapfleet.device.capabilities.realLogicalVolumes) return;
    const stays = rest.find(({ kind, sizeBytes }) => kind === 'thin-volume' && sizeBytes === 16 << 20);
    expect(stays).toMatchObject({ owner: 'unknown', purge: 'never' });
    expect(await snapfleet.device.logicalVolumeExists(stays?.volumeHandle ?? '')).toBe(true);
  });
}
