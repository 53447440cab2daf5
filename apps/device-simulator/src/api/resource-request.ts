import { ApiError } from '../store/api-error.js';
import { apiVersionOf, type ResourceType } from '../store/resource-type.js';
import { allTypes } from '../store/resource-types.js';

/** What the path of a request names. */
export interface ResourcePath {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const subresourcesOfNamespaces = ['status', 'finalize'];

/** 404 as the API server answers for a path that it does not know. */
export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** The resource that `/api/v1/...` or `/apis/<group>/<version>/...` names. @throws ApiError 404 */
export function parseResourcePath(path: string): ResourcePath {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const core = parts[0] === 'api';
  const apiVersion = core ? (parts[1] ?? '') : `${parts[1] ?? ''}/${parts[2] ?? ''}`;
  const rest = parts.slice(core ? 2 : 3).filter((part) => part !== '');
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !subresourcesOfNamespaces.includes(rest[2] ?? '');
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const type = allTypes.find((one) => apiVersionOf(one) === apiVersion && one.plural === plural);
  if (type === undefined || more.length > 0 || (namespace !== undefined && !type.namespaced)) throw noSuchPath();
  return {
    type,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
