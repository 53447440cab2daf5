import { ApiError } from '../store/api-error.js';
import { apiVersionOf, type ResourceType } from '../store/resource-type.js';
import { allTypes } from '../store/resource-types.js';

/** What the path of a request names. */
export interface ResourcePath {
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

const subresourcesOfNamespaces = ['status', 'finalize'];

/** 404 as the API server answers for a path that it does not know. */
export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** `/api/v1/...` or `/apis/<group>/<version>/...` as its API version and the steps after it. */
function splitPath(path: string): { readonly apiVersion: string; readonly steps: readonly string[] } {
  const [, root, ...parts] = path.split('/').map(decodeURIComponent);
  const length = root === 'api' ? 1 : 2;
  return { apiVersion: parts.slice(0, length).join('/'), steps: parts.slice(length).filter((step) => step !== '') };
}

/** The resource that a path names. @throws ApiError 404 */
export function parseResourcePath(path: string): ResourcePath {
  const { apiVersion, steps } = splitPath(path);
  const inside = steps[0] === 'namespaces' && steps.length > 2 && !subresourcesOfNamespaces.includes(steps[2] ?? '');
  const [plural, name, subresource, ...more] = inside ? steps.slice(2) : steps;
  const type = allTypes.find((one) => apiVersionOf(one) === apiVersion && one.plural === plural);
  if (type === undefined || more.length > 0 || (inside && !type.namespaced)) throw noSuchPath();
  return { type, namespace: inside ? steps[1] : undefined, name, subresource };
}
