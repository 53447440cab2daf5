import { DeviceId, PoolReport, VolumeHandle, VolumeSurvey } from '@snapfleet/contracts';
import { AgentCommands, NatsLink } from '@snapfleet/messaging';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNatsServer } from '../support/nats-server.js';
import { UndoStack } from '../support/real-device/undo-stack.js';
import { startSimulatedDevice } from '../support/simulated-device.js';
import { Cluster } from './suite/cluster.js';
import { claim, pod, podSpec } from './suite/manifests.js';
import { describeSurvey, type SurveyedHost } from './suite/survey.js';

const deadlineMs = 60_000;
const device = DeviceId.parse('edge-1');
const undo = new UndoStack();
let commands: AgentCommands;
let host: SurveyedHost;

beforeAll(async () => {
  const nats = await startNatsServer();
  undo.push(() => nats.stop());
  // The pool of 1 GiB may promise no more than it has: two volumes of 320 MiB leave room for one more.
  const environment = { SNAPFLEET_POOL_GIB: '1', SNAPFLEET_OVERPROVISION_RATIO: '1' };
  const simulated = await startSimulatedDevice({ natsUrl: nats.url, natsToken: nats.token, environment });
  undo.push(() => simulated.stop());
  const options = { party: 'orchestrator', device, servers: nats.url, token: nats.token } as const;
  const link = new NatsLink(options, 'test');
  undo.push(() => link.close());
  commands = new AgentCommands(link, options);

  const cluster = new Cluster(simulated);
  const namespace = await cluster.namespace();
  const handleOf = async (name: string, storageClassName: string): Promise<VolumeHandle> => {
    await cluster.apply(claim(namespace, name, { storageClassName }), pod(namespace, name, podSpec(name)));
    await simulated.runInVolume({ namespace, persistentVolumeClaim: name }, 'head -c 2M /dev/urandom > data');
    const { spec } = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name });
    const volume = await cluster.core.readPersistentVolume({ name: spec?.volumeName ?? '' });
    return VolumeHandle.parse(volume.spec?.csi?.volumeHandle);
  };
  host = {
    survey: (data) => commands.call(VolumeSurvey, data, { deadlineMs }),
    thin: [await handleOf('one', 'topolvm-provisioner-thin'), await handleOf('two', 'topolvm-provisioner-thin')],
    sizeBytes: 320 << 20,
    thinClass: 'thin',
    thick: await handleOf('thick', 'topolvm-provisioner'),
    missing: VolumeHandle.parse('10000000-0000-4000-8000-000000000000'),
  };
});
afterAll(() => undo.unwind());

describeSurvey(() => host);

test('pool.report of the embedded device tells its device classes', async () => {
  const { pools, lvmd } = await commands.call(PoolReport, {}, { deadlineMs });
  expect(pools).toHaveLength(1);
  expect(lvmd).toMatchObject({
    state: 'known',
    deviceClasses: [
      { name: 'default', type: 'thick', default: true },
      { name: 'thin', type: 'thin', overprovisionRatio: 1 },
    ],
  });
});
