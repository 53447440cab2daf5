import { z } from 'zod';
import { admitChange, admitNew, conform } from '../admission/admission.js';
import { ObjectMeta, OwnerReference, type KubeObject } from '../model/kube-object.js';
import { patched } from '../patch/apply-patch.js';
import { badRequest, invalid, invalidField } from '../store/api-error.js';
import { checkPreconditions, type Objects, type Preconditions } from '../store/objects.js';
import { apiVersionOf, keyOf, type ObjectKey, type ResourceType } from '../store/resource-type.js';

const Strings = z.record(z.string(), z.string()).nullish();

/** The metadata that a client may send. */
const SentMeta = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().nullish(),
  uid: z.string().nullish(),
  resourceVersion: z.string().nullish(),
  labels: Strings,
  annotations: Strings,
  ownerReferences: z.array(OwnerReference).nullish(),
  finalizers: z.array(z.string()).nullish(),
});
const SentObject = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: SentMeta.optional(),
});
type SentObject = z.infer<typeof SentObject>;

/** What a write is done with. */
export interface WriteOptions {
  readonly dryRun: boolean;
}

/** The writing side of the API: what a client sends becomes an object by the rules of admission. */
export class ObjectWrites {
  constructor(private readonly objects: Objects) {}

  /** @throws ApiError 400, 403, 404, 409, 422 */
  create(type: ResourceType, body: unknown, namespace: string | undefined, options: WriteOptions): KubeObject {
    const sent = read(type, body);
    const home = sent.metadata?.namespace ?? undefined;
    if (type.namespaced && home !== undefined && home !== namespace) {
      throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
    }
    const { name, generateName } = sent.metadata ?? {};
    if (name === undefined && generateName === undefined) {
      throw invalid(type, '', [
        {
          field: 'metadata.name',
          reason: 'FieldValueRequired',
          message: 'Required value: name or generateName is required',
        },
      ]);
    }
    const manifest = type.subresources.includes('status') ? { ...sent, status: undefined } : sent;
    const prepared = this.objects.prepare(type, { ...manifest, metadata: meant(sent) }, namespace);
    if (prepared.status === undefined) delete prepared.status;
    const admitted = admitNew(type, prepared, this.objects);
    if (!options.dryRun) return this.objects.insert(type, admitted);
    this.objects.expectAbsent(type, admitted);
    return admitted;
  }

  /** PUT. @throws ApiError 400, 403, 404, 409, 422 */
  update(
    type: ResourceType,
    key: ObjectKey,
    body: unknown,
    part: 'main' | 'status',
    options: WriteOptions,
  ): KubeObject {
    const present = this.objects.find(type, key);
    const sent = read(type, body);
    if (type.custom && (sent.metadata?.resourceVersion ?? '') === '') {
      const message = 'must be specified for an update';
      throw invalid(type, key.name, [invalidField('metadata.resourceVersion', 0, message)]);
    }
    checkPreconditions(type, present, versionOf(sent));
    return this.#write(type, present, sent, part, options);
  }

  /** PATCH. @throws ApiError 400, 403, 404, 409, 415, 422 */
  patch(
    type: ResourceType,
    key: ObjectKey,
    patch: { readonly contentType: string; readonly body: unknown },
    part: 'main' | 'status',
    options: WriteOptions,
  ): KubeObject {
    const present = this.objects.find(type, key);
    const sent = read(type, patched(type, present, patch.contentType, patch.body));
    const { uid, resourceVersion } = versionOf(sent);
    checkPreconditions(type, present, { resourceVersion });
    // A uid in a patch is no precondition, as it is in a PUT, but a change of a field that is fixed.
    if (uid !== undefined && uid !== present.metadata.uid) {
      throw invalid(type, key.name, [invalidField('metadata.uid', uid, 'field is immutable')]);
    }
    return this.#write(type, present, sent, part, options);
  }

  #write(
    type: ResourceType,
    present: KubeObject,
    sent: SentObject,
    part: 'main' | 'status',
    options: WriteOptions,
  ): KubeObject {
    checkIdentity(present, sent);
    const next = part === 'status' ? withStatus(present, sent) : withAllElse(type, present, sent);
    const admitted = part === 'status' ? conform(type, next) : admitChange(type, present, next, this.objects);
    return options.dryRun ? admitted : this.objects.replace(type, present, admitted);
  }
}

function read(type: ResourceType, body: unknown): SentObject {
  const sent = SentObject.safeParse(body);
  if (!sent.success)
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${z.prettifyError(sent.error)}`,
    );
  const { apiVersion = apiVersionOf(type), kind = type.kind } = sent.data;
  if (apiVersion !== apiVersionOf(type) || kind !== type.kind) {
    throw badRequest(
      `the API version in the data (${apiVersion}, Kind=${kind}) does not match the expected API version (${apiVersionOf(type)}, Kind=${type.kind})`,
    );
  }
  return sent.data;
}

/** Null and left out are the same. */
function meant(sent: SentObject): Partial<ObjectMeta> {
  const given = Object.entries(sent.metadata ?? {}).filter(([, value]) => value !== null);
  return Object.fromEntries(given);
}

function checkIdentity(present: KubeObject, sent: SentObject): void {
  const { name, namespace } = keyOf(present);
  const { metadata } = sent;
  if (metadata?.name !== undefined && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if ((metadata?.namespace ?? namespace) !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** The version and identity that a client names; empty counts as left out. */
function versionOf({ metadata }: SentObject): Preconditions {
  const set = (value: string | null | undefined): string | undefined =>
    value === null || value === '' ? undefined : value;
  return { uid: set(metadata?.uid), resourceVersion: set(metadata?.resourceVersion) };
}

function withStatus(present: KubeObject, sent: SentObject): KubeObject {
  return { ...structuredClone(present), status: structuredClone(sent['status']) };
}

function withAllElse(type: ResourceType, present: KubeObject, sent: SentObject): KubeObject {
  const { labels, annotations, ownerReferences, finalizers } = meant(sent);
  const fixed = Object.fromEntries(
    Object.entries(present.metadata).filter(
      ([field]) => !['labels', 'annotations', 'ownerReferences', 'finalizers'].includes(field),
    ),
  );
  const metadata = ObjectMeta.parse({
    ...fixed,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(finalizers === undefined ? {} : { finalizers }),
  });
  const next: KubeObject = { ...structuredClone(sent), apiVersion: present.apiVersion, kind: present.kind, metadata };
  if (type.subresources.includes('status')) {
    if (present.status === undefined) delete next.status;
    else next.status = structuredClone(present.status);
  }
  return next;
}
