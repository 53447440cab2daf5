import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Manifest } from '../device-under-test.js';
import { waitUntil } from '../wait-until.js';
import { ApiError, ApiRequests, type ApiServer } from './api-requests.js';

const Resource = z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() });
type Resource = z.output<typeof Resource>;
const ResourceList = z.object({ resources: z.array(Resource) });
const Node = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }) });
const PodList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
      spec: z.object({
        volumes: z
          .array(z.object({ persistentVolumeClaim: z.object({ claimName: z.string() }).optional() }))
          .default([]),
      }),
      status: z.object({ phase: z.string().optional() }),
    }),
  ),
});
const Claim = z.object({ spec: z.object({ volumeName: z.string().default(''), volumeMode: z.string() }) });

/** A claim's volume, and the Pod for which it is published. */
export interface PublishedVolume {
  readonly podUid: string;
  readonly volumeName: string;
  readonly volumeMode: string;
}

/** What tests do with a device's API server beside what they test. */
export class ClusterClient {
  readonly #api: ApiRequests;
  readonly #resources = new Map<string, Resource>();

  constructor(server: ApiServer) {
    this.#api = new ApiRequests(server);
  }

  async isReady(): Promise<boolean> {
    try {
      return (await this.#api.get('/readyz')) === 'ok';
    } catch {
      return false;
    }
  }

  /** Merge each object, in order, into the one that exists, or create it. */
  async apply(objects: readonly Manifest[]): Promise<Manifest[]> {
    const applied: Manifest[] = [];
    for (const object of objects) {
      const path = await this.#pathOf(object);
      const now = await this.#api.mergePatch(`${path}/${object.metadata.name}`, object).catch((error: unknown) => {
        if (!hasStatus(error, 404)) throw error;
        return this.#api.post(path, object);
      });
      applied.push(now as Manifest);
    }
    return applied;
  }

  async nodeAnnotations(name: string): Promise<Readonly<Record<string, string>>> {
    return Node.parse(await this.#api.get(`/api/v1/nodes/${name}`)).metadata.annotations;
  }

  /** A namespace with a name that nobody had, and with its ServiceAccount `default`, without which no Pod can be made. */
  async namespace(): Promise<string> {
    const name = `test-${randomBytes(4).toString('hex')}`;
    await this.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
    await waitUntil(`namespace ${name} has its ServiceAccount`, () =>
      this.#api.get(`/api/v1/namespaces/${name}/serviceaccounts/default`).catch((error: unknown) => {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }),
    );
    return name;
  }

  /** The volume of a claim as soon as a Running Pod uses it. */
  async publishedVolume(namespace: string, claim: string, deadlineMs: number): Promise<PublishedVolume> {
    return waitUntil(
      `a Running Pod uses claim ${namespace}/${claim}`,
      async () => {
        const { items } = PodList.parse(await this.#api.get(`/api/v1/namespaces/${namespace}/pods`));
        const pod = items.find(
          ({ metadata, spec, status }) =>
            status.phase === 'Running' &&
            metadata.deletionTimestamp === undefined &&
            spec.volumes.some((volume) => volume.persistentVolumeClaim?.claimName === claim),
        );
        if (pod === undefined) return undefined;
        const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}`;
        const { volumeName, volumeMode } = Claim.parse(await this.#api.get(path)).spec;
        return { podUid: pod.metadata.uid, volumeName, volumeMode };
      },
      { deadlineMs, pauseMs: 250 },
    );
  }

  /** A token of a ServiceAccount, as `kubectl create token` makes it. */
  createToken(namespace: string, serviceAccount: string, expirationSeconds: number): Promise<unknown> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
    return this.#api.post(path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds },
    });
  }

  close(): void {
    this.#api.close();
  }

  /** Whether objects of this kind can be made; a definition that was just created is not served at once. */
  async serves(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#resource(apiVersion, kind)) !== undefined;
  }

  async #pathOf({ apiVersion, kind, metadata }: Manifest): Promise<string> {
    const resource = await this.#resource(apiVersion, kind);
    if (resource === undefined) throw new ApiError(404, `the API server has no ${kind} in ${apiVersion}`);
    const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${rootOf(apiVersion)}${scope}/${resource.name}`;
  }

  async #resource(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const key = `${apiVersion} ${kind}`;
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const list = await this.#api.get(rootOf(apiVersion)).catch((error: unknown) => {
      if (hasStatus(error, 404)) return { resources: [] };
      throw error;
    });
    const found = ResourceList.parse(list).resources.find(
      (candidate) => candidate.kind === kind && !candidate.name.includes('/'),
    );
    if (found !== undefined) this.#resources.set(key, found);
    return found;
  }
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Whether the API server answered with this HTTP status. */
export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
