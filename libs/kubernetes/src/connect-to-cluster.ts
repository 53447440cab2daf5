import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess, ClusterOf, PlainResource, PodCall, ScalableCall, Uses } from './access/cluster-access.js';
import { reviewAccess } from './api/access-review.js';
import { ApiConnection } from './api/api-connection.js';
import { readVersion, servesResource } from './api/discovery.js';
import { PodClient } from './exec/pod-client.js';
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
  const { workloads = {}, serves, allows, version } = access;
  const names = (Object.keys(resources) as PlainResource[]).filter((name) => access[name] !== undefined);
  const kinds = ScalableKind.options.filter((kind) => workloads[kind] !== undefined);
  const clientOf = (definition: ResourceDefinition<KubernetesObject>) =>
    definition === resources.pods ? new PodClient(connection) : new ResourceClient(connection, definition);
  const part = (definition: ResourceDefinition<KubernetesObject>, uses?: Uses<PodCall | ScalableCall>): object =>
    declaredCalls(clientOf(definition), uses);
  return {
    ...Object.fromEntries(names.map((name) => [name, part(resources[name], access[name])])),
    workloads: Object.fromEntries(kinds.map((kind) => [kind, part(workloadResources[kind], workloads[kind])])),
    ...(serves === undefined ? {} : { serves: servesResource(connection) }),
    ...(allows === undefined ? {} : { allows: reviewAccess(connection) }),
    ...(version === undefined ? {} : { version: readVersion(connection) }),
  };
}

function declaredCalls(client: object, uses: Uses<PodCall | ScalableCall> = {}): object {
  const call =
    (name: string) =>
    (...given: never[]): unknown =>
      Reflect.apply(Reflect.get(client, name) as () => unknown, client, given);
  return Object.fromEntries(Object.keys(uses).map((name) => [name, call(name)]));
}
