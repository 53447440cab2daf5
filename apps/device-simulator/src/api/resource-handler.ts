import { z } from 'zod';
import type { KubeObject } from '../model/kube-object.js';
import { ApiError, badRequest } from '../store/api-error.js';
import type { Deletion, Objects } from '../store/objects.js';
import { apiVersionOf, keyOf, type ObjectKey, type ResourceType } from '../store/resource-type.js';
import { selector, type Selection } from '../store/selection.js';
import { ObjectWrites } from './object-writes.js';
import { noSuchPath, type ResourcePath } from './resource-request.js';
import { patchScale, putScale, scaleOf } from './scale.js';

/** One request about a resource, read but not yet decided. */
export interface ResourceRequest {
  readonly method: string;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: unknown;
}

/** What is answered. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

const DeleteOptions = z.looseObject({
  gracePeriodSeconds: z.number().nullish(),
  propagationPolicy: z.enum(['Background', 'Foreground', 'Orphan']).nullish(),
  preconditions: z.looseObject({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
});

/** Kinds whose deletion answers with the object, as their registries in the API server do. */
const answeredByObject = new Set(['Pod', 'PersistentVolumeClaim', 'PersistentVolume', 'ServiceAccount']);

/** Decides requests about resources, watches excepted. */
export class ResourceHandler {
  readonly #writes: ObjectWrites;

  constructor(private readonly objects: Objects) {
    this.#writes = new ObjectWrites(objects);
  }

  /** @throws ApiError */
  answer(request: ResourceRequest): Answer {
    const { name, subresource, type } = request.path;
    if (subresource !== undefined && !type.subresources.some((one) => one === subresource)) throw noSuchPath();
    if (name === undefined) return this.#collection(request);
    if (type.namespaced && request.path.namespace === undefined) throw noSuchPath();
    const key: ObjectKey = { name, namespace: request.path.namespace };
    return subresource === 'scale' ? this.#scale(request, key) : this.#object(request, key);
  }

  /** What a list or watch is about. */
  selectionOf({ path, query }: Pick<ResourceRequest, 'path' | 'query'>): Selection {
    const given = (name: string): string | undefined => query.get(name) ?? undefined;
    const byName = path.name === undefined ? undefined : `metadata.name=${path.name}`;
    return {
      namespace: path.namespace,
      labelSelector: given('labelSelector'),
      fieldSelector: byName ?? given('fieldSelector'),
    };
  }

  #collection(request: ResourceRequest): Answer {
    const { type, namespace } = request.path;
    switch (request.method) {
      case 'GET':
        return ok(this.#list(request));
      case 'POST':
        if (type.namespaced && namespace === undefined) throw notAllowed();
        return {
          status: 201,
          body: this.#writes.create(type, request.body, namespace, { dryRun: isDryRun(request) }),
        };
      case 'DELETE': {
        const chosen = this.#list(request);
        for (const object of chosen.items) this.objects.deleteIfPresent(type, keyOf(object), deletionOf(request));
        return ok(chosen);
      }
      default:
        throw notAllowed();
    }
  }

  #list(request: ResourceRequest): { readonly items: readonly KubeObject[]; readonly [field: string]: unknown } {
    const { type, namespace } = request.path;
    const items = this.objects.list(type, namespace).filter(selector(type, this.selectionOf(request)));
    return {
      kind: `${type.kind}List`,
      apiVersion: apiVersionOf(type),
      metadata: { resourceVersion: String(this.objects.store.revision) },
      items,
    };
  }

  #object(request: ResourceRequest, key: ObjectKey): Answer {
    const { type, subresource } = request.path;
    const part = subresource === 'status' ? 'status' : 'main';
    const options = { dryRun: isDryRun(request) };
    switch (request.method) {
      case 'GET':
        return ok(this.objects.find(type, key));
      case 'PUT':
        return ok(this.#writes.update(type, key, request.body, part, options));
      case 'PATCH':
        return ok(this.#writes.patch(type, key, request, part, options));
      case 'DELETE':
        if (part === 'status') throw notAllowed();
        return this.#delete(type, key, request);
      default:
        throw notAllowed();
    }
  }

  #delete(type: ResourceType, key: ObjectKey, request: ResourceRequest): Answer {
    if (isDryRun(request)) return ok(this.objects.find(type, key));
    const { object, gone } = this.objects.delete(type, key, deletionOf(request));
    if (!gone || answeredByObject.has(type.kind)) return ok(object);
    const { name, uid } = object.metadata;
    const group = type.group === '' ? {} : { group: type.group };
    const details = { name, ...group, kind: type.plural, uid };
    return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  #scale(request: ResourceRequest, key: ObjectKey): Answer {
    const { type } = request.path;
    switch (request.method) {
      case 'GET':
        return ok(scaleOf(this.objects.find(type, key)));
      case 'PUT':
        return ok(putScale(type, this.objects, key, request.body));
      case 'PATCH':
        return ok(patchScale(type, this.objects, key, request));
      default:
        throw notAllowed();
    }
  }
}

const ok = (body: object): Answer => ({ status: 200, body });

const notAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

const isDryRun = ({ query }: ResourceRequest): boolean => query.get('dryRun') === 'All';

function deletionOf({ body, query }: ResourceRequest): Deletion {
  const parsed = DeleteOptions.safeParse(body ?? {});
  if (!parsed.success) throw badRequest(`DeleteOptions cannot be read: ${z.prettifyError(parsed.error)}`);
  const { gracePeriodSeconds, propagationPolicy, preconditions } = parsed.data;
  const grace = gracePeriodSeconds ?? query.get('gracePeriodSeconds');
  const propagation = propagationPolicy ?? query.get('propagationPolicy');
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(propagation === 'Foreground' || propagation === 'Orphan' ? { propagation } : {}),
    preconditions: {
      uid: preconditions?.uid ?? undefined,
      resourceVersion: preconditions?.resourceVersion ?? undefined,
    },
  };
}
