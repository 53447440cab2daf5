import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { z } from 'zod';
import type { DeviceUnderTest, Manifest } from '../../support/device-under-test.js';
import { waitUntil } from '../../support/wait-until.js';

/** How long anything on a device may take; the real one needs seconds for an LVM command. */
export const deadlineMs = 120_000;
const pauseMs = 100;

const Status = z.looseObject({
  kind: z.literal('Status'),
  status: z.literal('Failure'),
  reason: z.string(),
  message: z.string(),
  code: z.number(),
  details: z.looseObject({}).optional(),
});

/** What a refused request was answered with. */
export type Refusal = z.infer<typeof Status>;

const snapshotGroup = { group: 'snapshot.storage.k8s.io', version: 'v1' };
const snapshots = { ...snapshotGroup, plural: 'volumesnapshots' };
const contents = { ...snapshotGroup, plural: 'volumesnapshotcontents' };

const Meta = z.looseObject({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  finalizers: z.array(z.string()).default([]),
  annotations: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
});
const SnapshotError = z.looseObject({ message: z.string().optional() });
const VolumeSnapshot = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({ volumeSnapshotClassName: z.string().optional() }),
  status: z
    .looseObject({
      readyToUse: z.boolean().optional(),
      boundVolumeSnapshotContentName: z.string().optional(),
      restoreSize: z.string().optional(),
      creationTime: z.string().optional(),
      error: SnapshotError.optional(),
    })
    .default({}),
});
export type VolumeSnapshot = z.infer<typeof VolumeSnapshot>;
const VolumeSnapshotContent = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({
    deletionPolicy: z.string(),
    driver: z.string(),
    source: z.looseObject({ volumeHandle: z.string().optional(), snapshotHandle: z.string().optional() }),
    volumeSnapshotRef: z.looseObject({ uid: z.string().optional(), name: z.string(), namespace: z.string() }),
  }),
  status: z
    .looseObject({
      snapshotHandle: z.string().optional(),
      restoreSize: z.number().optional(),
      readyToUse: z.boolean().optional(),
      error: SnapshotError.optional(),
    })
    .default({}),
});
const LogicalVolume = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({ name: z.string(), deviceClass: z.string().optional(), accessType: z.string().optional() }),
  status: z.looseObject({ volumeID: z.string().optional(), currentSize: z.string().optional() }).default({}),
});

/** The content type of a patch, for calls of the generated clients. */
export const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
export const jsonPatch = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
export const strategicMergePatch = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

/** The Kubernetes API of a device as any user of @kubernetes/client-node has it, and waits on it. */
export class Cluster {
  readonly config = new KubeConfig();
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly custom: CustomObjectsApi;
  readonly version: VersionApi;

  constructor(readonly device: DeviceUnderTest) {
    this.config.loadFromFile(device.kubeconfigPath);
    this.core = this.config.makeApiClient(CoreV1Api);
    this.apps = this.config.makeApiClient(AppsV1Api);
    this.custom = this.config.makeApiClient(CustomObjectsApi);
    this.version = this.config.makeApiClient(VersionApi);
  }

  namespace(): Promise<string> {
    return this.device.namespace();
  }

  apply(...objects: readonly Manifest[]): Promise<Manifest[]> {
    return this.device.applyObjects(...objects);
  }

  async snapshot(namespace: string, name: string): Promise<VolumeSnapshot | undefined> {
    const object: unknown = await orAbsent(this.custom.getNamespacedCustomObject({ ...snapshots, namespace, name }));
    return object === undefined ? undefined : VolumeSnapshot.parse(object);
  }

  async deleteSnapshot(namespace: string, name: string): Promise<void> {
    await this.custom.deleteNamespacedCustomObject({ ...snapshots, namespace, name });
  }

  async content(name: string): Promise<z.infer<typeof VolumeSnapshotContent> | undefined> {
    const object: unknown = await orAbsent(this.custom.getClusterCustomObject({ ...contents, name }));
    return object === undefined ? undefined : VolumeSnapshotContent.parse(object);
  }

  async patchContent(name: string, body: object): Promise<void> {
    await this.custom.patchClusterCustomObject({ ...contents, name, body }, mergePatch);
  }

  async deleteContent(name: string): Promise<void> {
    await this.custom.deleteClusterCustomObject({ ...contents, name });
  }

  async logicalVolume(name: string): Promise<z.infer<typeof LogicalVolume> | undefined> {
    const logicalVolumes = { group: 'topolvm.io', version: 'v1', plural: 'logicalvolumes' };
    const object: unknown = await orAbsent(this.custom.getClusterCustomObject({ ...logicalVolumes, name }));
    return object === undefined ? undefined : LogicalVolume.parse(object);
  }

  /** The snapshot once it is ready and bound. */
  readySnapshot(namespace: string, name: string): Promise<VolumeSnapshot> {
    return this.until(`VolumeSnapshot ${name} is ready`, async () => {
      const snapshot = await this.snapshot(namespace, name);
      return snapshot?.status.readyToUse === true ? snapshot : undefined;
    });
  }

  async podIsReady(namespace: string, name: string): Promise<void> {
    await this.until(`Pod ${name} is Ready`, async () => {
      const pod = await orAbsent(this.core.readNamespacedPod({ namespace, name }));
      return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    });
  }

  async podIsGone(namespace: string, name: string): Promise<void> {
    await this.gone(`Pod ${name}`, () => this.core.readNamespacedPod({ namespace, name }));
  }

  async claimIsGone(namespace: string, name: string): Promise<void> {
    await this.gone(`claim ${name}`, () => this.core.readNamespacedPersistentVolumeClaim({ namespace, name }));
  }

  /** The handle of the volume of a bound claim. */
  async handleOf(namespace: string, name: string): Promise<string> {
    const claim = await this.core.readNamespacedPersistentVolumeClaim({ namespace, name });
    const volume = await this.core.readPersistentVolume({ name: claim.spec?.volumeName ?? '' });
    return volume.spec?.csi?.volumeHandle ?? '';
  }

  /** Waits until an event about the object says this, and returns its message. */
  eventAbout(namespace: string, name: string, reason: string, saying: RegExp): Promise<string> {
    return this.until(`an event ${reason} about ${name} says ${String(saying)}`, async () => {
      const fieldSelector = `involvedObject.name=${name}`;
      const { items } = await this.core.listNamespacedEvent({ namespace, fieldSelector });
      return items.find((event) => event.reason === reason && saying.test(event.message ?? ''))?.message;
    });
  }

  async gone(what: string, read: () => Promise<unknown>): Promise<void> {
    await this.until(`${what} is gone`, async () => (await orAbsent(read())) === undefined);
  }

  until<T>(what: string, condition: () => Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
    return waitUntil(what, condition, { deadlineMs, pauseMs });
  }

  /** Watches a path until `enough` says so, the server ends it, or the deadline. */
  async watch(
    path: string,
    query: Readonly<Record<string, string | number | boolean>>,
    enough: (events: readonly WatchEvent[]) => boolean,
  ): Promise<readonly WatchEvent[]> {
    const events: WatchEvent[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const controller = await new Watch(this.config).watch(
      path,
      { ...query },
      (type, object: unknown) => {
        events.push(WatchEvent.parse({ type, object }));
        if (enough(events)) resolve(undefined);
      },
      (error: unknown) => {
        if (error === undefined || error === null) resolve(undefined);
        else reject(error instanceof Error ? error : new Error('the watch failed', { cause: error }));
      },
    );
    const timer = setTimeout(() => {
      reject(new Error(`the watch of ${path} brought only ${JSON.stringify(events)}`));
    }, deadlineMs);
    try {
      await promise;
      return events;
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }
}

const WatchEvent = z.object({
  type: z.string(),
  object: z.looseObject({
    code: z.number().optional(),
    reason: z.string().optional(),
    metadata: z.looseObject({ name: z.string().optional(), resourceVersion: z.string().optional() }).default({}),
  }),
});
export type WatchEvent = z.infer<typeof WatchEvent>;

/** The Status with which a request was refused. */
export async function refusalOf(request: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiException)) throw new Error('a refusal was expected', { cause: error });
  const body: unknown = error.body;
  return Status.parse(typeof body === 'string' ? JSON.parse(body) : body);
}

/** What a read gives, or undefined for 404. */
export async function orAbsent<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

/** Methods keep their object when they are taken out one by one. */
export function parts(
  cluster: Cluster,
): Pick<Cluster, 'core' | 'apps' | 'custom' | 'version' | 'namespace' | 'apply' | 'gone'> {
  const { core, apps, custom, version } = cluster;
  return {
    core,
    apps,
    custom,
    version,
    namespace: cluster.namespace.bind(cluster),
    apply: cluster.apply.bind(cluster),
    gone: cluster.gone.bind(cluster),
  };
}
