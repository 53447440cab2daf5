import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess, ClusterOf, PlainResource, ScalableCall, Uses } from './access/cluster-access.js';
import { ApiConnection } from './api/api-connection.js';
import { readVersion, servesResource } from './api/discovery.js';
import type { KubernetesObject } from './objects/object-meta.js';
import { ScalableKind } from './objects/scalable-workload.js';
import { resources, workloadResources } from './resources/definitions.js';
import { ResourceClient } from './resources/resource-client.js';
import type { ResourceDefinition } from './resources/resource-definition.js';

/** How to reach the API server. */
export interface KubernetesSettings {
  /** Path of a kubeconfig; without it the service account of the Pod is used. */
  readonly kubeconfig?: string | undefined;
  /** How long one request may take, watches excepted. */
  readonly requestDeadlineMs?: number;
}

/**
 * The cluster behind one API server, reduced to what the app has declared: other calls are not there at all. Reads the
 * kubeconfig (or the Pod's service account); nothing is sent yet. @throws Error where it cannot be read
 */
export function connectToCluster<const Access extends ClusterAccess>(
  access: Access,
  settings: KubernetesSettings = {},
): ClusterOf<Access> {
  const config = new KubeConfig();
  if (settings.kubeconfig === undefined) config.loadFromCluster();
  else config.loadFromFile(settings.kubeconfig);
  return offered(access, new ApiConnection(config, settings.requestDeadlineMs ?? 30_000)) as ClusterOf<Access>;
}

function offered(access: ClusterAccess, connection: ApiConnection): object {
  const { workloads = {}, serves, version } = access;
  const names = (Object.keys(resources) as PlainResource[]).filter((name) => access[name] !== undefined);
  const kinds = ScalableKind.options.filter((kind) => workloads[kind] !== undefined);
  const part = (definition: ResourceDefinition<KubernetesObject>, uses: Uses<ScalableCall> = {}): object => {
    const client = new ResourceClient(connection, definition);
    const calls = Object.keys(uses) as ScalableCall[];
    return Object.fromEntries(
      calls.map((call) => [call, (...given: never[]): unknown => Reflect.apply(client[call], client, given)]),
    );
  };
  return {
    ...Object.fromEntries(names.map((name) => [name, part(resources[name], access[name])])),
    workloads: Object.fromEntries(kinds.map((kind) => [kind, part(workloadResources[kind], workloads[kind])])),
    ...(serves === undefined ? {} : { serves: servesResource(connection) }),
    ...(version === undefined ? {} : { version: readVersion(connection) }),
  };
}
