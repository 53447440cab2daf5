import { z } from 'zod';
import type { KubeObject } from '../model/kube-object.js';
import { patched } from '../patch/apply-patch.js';
import { badRequest, invalid, invalidField } from '../store/api-error.js';
import { checkPreconditions, type Objects } from '../store/objects.js';
import type { ObjectKey, ResourceType } from '../store/resource-type.js';

const Scalable = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().default(1),
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional() }).optional(),
  }),
  status: z.looseObject({ replicas: z.number().optional() }).optional(),
});
const SentScale = z.looseObject({
  metadata: z.looseObject({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).optional(),
  spec: z.looseObject({ replicas: z.number().int().optional() }).nullish(),
});

/** The scale subresource (autoscaling/v1) of a workload. */
export function scaleOf(object: KubeObject): object {
  const { spec, status } = Scalable.parse(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = spec.selector?.matchLabels ?? spec.selector ?? {};
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas },
    status: {
      replicas: status?.replicas ?? 0,
      selector: Object.entries(labels)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(','),
    },
  };
}

function apply(type: ResourceType, objects: Objects, present: KubeObject, body: unknown): object {
  const sent = SentScale.safeParse(body);
  if (!sent.success) throw badRequest(`Scale cannot be read: ${z.prettifyError(sent.error)}`);
  const { uid, resourceVersion } = sent.data.metadata ?? {};
  const set = (value: string | null | undefined) => (value === null || value === '' ? undefined : value);
  checkPreconditions(type, present, { uid: set(uid), resourceVersion: set(resourceVersion) });
  const replicas = sent.data.spec?.replicas ?? 0;
  if (replicas < 0) {
    const wrong = invalidField('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid(type, present.metadata.name, [wrong]);
  }
  const { name, namespace } = present.metadata;
  const scaled = objects.modify(type, { name, namespace }, (draft) => {
    draft.spec = { ...Scalable.parse(draft).spec, replicas };
  });
  return scaleOf(scaled);
}

/** Sets the replicas by a PUT. @throws ApiError 400, 404, 409, 422 */
export function putScale(type: ResourceType, objects: Objects, key: ObjectKey, body: unknown): object {
  return apply(type, objects, objects.find(type, key), body);
}

/** Sets the replicas by a PATCH. @throws ApiError 400, 404, 409, 415, 422 */
export function patchScale(
  type: ResourceType,
  objects: Objects,
  key: ObjectKey,
  patch: { readonly contentType: string; readonly body: unknown },
): object {
  const present = objects.find(type, key);
  return apply(type, objects, present, patched(type, scaleOf(present), patch.contentType, patch.body));
}
