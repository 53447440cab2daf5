import type { KubeObject } from '../model/kube-object.js';
import { ApiError, badRequest } from '../store/api-error.js';
import type { ResourceType } from '../store/resource-type.js';
import { jsonPatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';
import { strategicMergePatch } from './strategic-merge-patch.js';

const accepted = ['application/json-patch+json', 'application/merge-patch+json'];

/**
 * The object as a patch makes it; null in the result of a merge patch has been removed.
 * @throws ApiError 400, 415 for a kind of patch that is not taken, 422
 */
export function patched(
  type: ResourceType,
  present: KubeObject | object,
  contentType: string,
  patch: unknown,
): unknown {
  switch (contentType.split(';')[0]?.trim()) {
    case 'application/json-patch+json':
      return jsonPatch(present, patch);
    case 'application/merge-patch+json':
      return mergePatch(present, requireObject(patch));
    case 'application/strategic-merge-patch+json':
      if (!type.custom) return strategicMergePatch(present, requireObject(patch));
      break;
    default:
  }
  const list = type.custom ? accepted : [...accepted, 'application/strategic-merge-patch+json'];
  const message = `the body of the request was in an unknown format - accepted media types include: ${list.join(', ')}`;
  throw new ApiError(415, 'UnsupportedMediaType', message);
}

function requireObject(patch: unknown): unknown {
  if (typeof patch === 'object' && patch !== null && !Array.isArray(patch)) return patch;
  throw badRequest('error decoding patch: a merge patch is an object');
}
