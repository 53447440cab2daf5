import { AppsV1Api, KubeConfig } from '@kubernetes/client-node';
import { connectToDevice, type SnapfleetClient, type SnapfleetEvent } from '@snapfleet/client';
import { claim, deployment } from '../quickstart/demo-objects.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { waitUntil } from '../support/wait-until.js';

export const replicas = 2;
export const files: Readonly<Record<string, string>> = { 'notes.txt': 'first\n', 'folder/other.txt': 'second\n' };

/** What hooks put into the volume for the cut. */
export const marker = 'marker';
export const markerHooks = {
  before: [{ command: ['touch', `/data/${marker}`] }],
  after: [{ command: ['rm', '-f', `/data/${marker}`] }],
};

/** What can be made bad of a device, and how often it looks whether a stream was lost. */
export const deviceForFaults = {
  faultyApi: true,
  smallDisks: true,
  movableClock: true,
  environment: { SNAPFLEET_RECOVERY_SECONDS: '5' },
} as const;

/** A device with a workload of two replicas and its volume, and everything that its services tell. */
export class FaultBench {
  readonly persistentVolumeClaim = 'notes-data';
  readonly workload = { kind: 'Deployment' as const, name: 'notes' };
  readonly events: SnapfleetEvent[] = [];
  private readonly leftBefore = new Set<string>();
  private readonly apps: AppsV1Api;
  private readonly stopping = new AbortController();

  private constructor(
    readonly snapfleet: SnapfleetDevice,
    readonly client: SnapfleetClient,
    readonly namespace: string,
  ) {
    const config = new KubeConfig();
    config.loadFromFile(snapfleet.device.kubeconfigPath);
    this.apps = config.makeApiClient(AppsV1Api);
  }

  static async on(snapfleet: SnapfleetDevice): Promise<FaultBench> {
    const client = await connectToDevice({
      servers: snapfleet.natsUrl,
      device: snapfleet.name,
      ...snapfleet.nats.access,
    });
    const bench = new FaultBench(snapfleet, client, await snapfleet.device.namespace());
    await bench.prepare();
    return bench;
  }

  private async prepare(): Promise<void> {
    const { namespace, persistentVolumeClaim, snapfleet } = this;
    const notes = deployment(namespace, 'notes', persistentVolumeClaim);
    if (notes.spec !== undefined) notes.spec.replicas = replicas;
    await snapfleet.device.applyObjects(claim(namespace, persistentVolumeClaim, '320Mi'), notes);
    await snapfleet.podIsRunning(namespace, 'app=notes');
    await snapfleet.device.writeFiles({ namespace, persistentVolumeClaim }, files);
    const stream = this.client.events({ signal: this.stopping.signal });
    void (async () => {
      for await (const event of stream) this.events.push(event);
    })().catch(() => undefined);
    await stream.ready;
  }

  async restartOrchestrator(failpoint: string): Promise<void> {
    await this.snapfleet.service('orchestrator').kill9();
    await this.snapfleet.startService('orchestrator', { SNAPFLEET_FAILPOINT: failpoint });
  }

  /** How many replicas the workload is to have now. */
  async wantedReplicas(): Promise<number | undefined> {
    const { namespace, workload } = this;
    const { spec } = await this.apps.readNamespacedDeployment({ name: workload.name, namespace });
    return spec?.replicas;
  }

  /** What is wrong with the workload; it has some seconds for its Pods. */
  async workloadProblems(): Promise<string[]> {
    let problems: string[] = [];
    await waitUntil(
      'the workload is as it was',
      async () => {
        problems = await this.lookAtWorkload();
        return problems.length === 0;
      },
      { deadlineMs: 15_000, pauseMs: 50 },
    ).catch(() => undefined);
    return problems;
  }

  private async lookAtWorkload(): Promise<string[]> {
    const deployment = { name: this.workload.name, namespace: this.namespace };
    try {
      const { metadata, spec, status } = await this.apps.readNamespacedDeployment(deployment);
      const mark = metadata?.annotations?.['snapfleet.io/quiesced'];
      return [
        ...(spec?.replicas === replicas ? [] : [`spec.replicas is ${String(spec?.replicas)}`]),
        ...(status?.readyReplicas === replicas ? [] : [`${String(status?.readyReplicas ?? 0)} replicas are ready`]),
        ...(mark === undefined ? [] : ['it is still marked as quiesced']),
      ];
    } catch (error) {
      return [`it could not be looked at: ${String(error)}`];
    }
  }

  /** What is left now and was not left by an earlier fault. */
  async leftovers(): Promise<string[]> {
    const left = await this.snapfleet.leftovers(this.namespace);
    const fresh = left.filter((name) => !this.leftBefore.has(name));
    for (const name of fresh) this.leftBefore.add(name);
    return fresh;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.client.close();
    await this.snapfleet.stop();
  }
}
