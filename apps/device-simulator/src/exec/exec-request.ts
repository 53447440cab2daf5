import { hasEnded, type Container, type Pod } from '../model/pod.js';
import type { ResourcePath } from '../api/resource-request.js';
import { badRequest } from '../store/api-error.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';

/** A command for a container of a Pod. */
export interface ExecRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly command: readonly string[];
}

/** Whether a path names the exec subresource of a Pod. */
export const isExecPath = ({ type, name, subresource }: ResourcePath): boolean =>
  type === types.pods && name !== undefined && subresource === 'exec';

/**
 * What is asked for, refused as the API server refuses it (kubernetes pkg/registry/core/pod/strategy.go, streamLocation).
 * @throws ApiError 400, 404
 */
export function readExecRequest(
  objects: Objects,
  { namespace, name = '' }: ResourcePath,
  query: URLSearchParams,
): ExecRequest {
  const pod = objects.find(types.pods, { namespace, name });
  const container = chosenContainer(pod, query.get('container') ?? '');
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${name} does not have a host assigned`);
  if (hasEnded(pod)) {
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${pod.status?.phase ?? ''}`);
  }
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least one command for the container');
  return { pod, container, command };
}

function chosenContainer({ metadata, spec }: Pod, wanted: string): Container {
  const names = spec.containers.map(({ name }) => name).join(' ');
  const [only, ...others] = wanted === '' ? spec.containers : spec.containers.filter(({ name }) => name === wanted);
  if (only === undefined) throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`);
  if (others.length === 0) return only;
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${names}]`);
}
