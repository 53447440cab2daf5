import { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { reviewAccess, type Access } from './api/access-review.js';
import { ApiConnection } from './api/api-connection.js';
import { isApiError } from './api/kubernetes-api-error.js';
import type { Cluster } from './cluster.js';
import { PodClient } from './exec/pod-client.js';
import { resources, workloadResources } from './resources/definitions.js';
import type { CallOptions } from './resources/resource-api.js';
import { ResourceClient } from './resources/resource-client.js';
import { groupPath } from './resources/resource-definition.js';

const ApiResourceList = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });
const Version = z.looseObject({ gitVersion: z.string() });

/** How to reach the API server. */
export interface KubernetesSettings {
  /** Path of a kubeconfig; without it the service account of the Pod is used. */
  readonly kubeconfig?: string | undefined;
  /** How long one request may take, watches excepted. */
  readonly requestDeadlineMs?: number;
}

/** The cluster behind one API server. */
export class KubernetesClient implements Cluster {
  readonly claims;
  readonly volumes;
  readonly pods;
  readonly events;
  readonly autoscalers;
  readonly storageClasses;
  readonly snapshots;
  readonly snapshotContents;
  readonly snapshotClasses;
  readonly logicalVolumes;
  readonly workloads;

  constructor(private readonly connection: ApiConnection) {
    this.claims = new ResourceClient(connection, resources.claims);
    this.volumes = new ResourceClient(connection, resources.volumes);
    this.pods = new PodClient(connection);
    this.events = new ResourceClient(connection, resources.events);
    this.autoscalers = new ResourceClient(connection, resources.autoscalers);
    this.storageClasses = new ResourceClient(connection, resources.storageClasses);
    this.snapshots = new ResourceClient(connection, resources.snapshots);
    this.snapshotContents = new ResourceClient(connection, resources.snapshotContents);
    this.snapshotClasses = new ResourceClient(connection, resources.snapshotClasses);
    this.logicalVolumes = new ResourceClient(connection, resources.logicalVolumes);
    this.workloads = {
      Deployment: new ResourceClient(connection, workloadResources.Deployment),
      StatefulSet: new ResourceClient(connection, workloadResources.StatefulSet),
      ReplicaSet: new ResourceClient(connection, workloadResources.ReplicaSet),
      ReplicationController: new ResourceClient(connection, workloadResources.ReplicationController),
    };
  }

  /** Reads the kubeconfig (or the Pod's service account). Nothing is sent yet. @throws Error where it cannot be read */
  static connect(settings: KubernetesSettings = {}): KubernetesClient {
    const config = new KubeConfig();
    if (settings.kubeconfig === undefined) config.loadFromCluster();
    else config.loadFromFile(settings.kubeconfig);
    return new KubernetesClient(new ApiConnection(config, settings.requestDeadlineMs ?? 30_000));
  }

  async serves(apiVersion: string, plural: string, options: CallOptions = {}): Promise<boolean> {
    try {
      const answer = await this.connection.send({ method: 'GET', path: groupPath(apiVersion), signal: options.signal });
      return ApiResourceList.parse(answer).resources.some(({ name }) => name === plural);
    } catch (error) {
      if (isApiError(error, 404)) return false;
      throw error;
    }
  }

  allows(access: Access, options: CallOptions = {}): Promise<boolean> {
    return reviewAccess(this.connection, access, options.signal);
  }

  /** The version of the API server, such as `v1.37.2`: the cheapest question that proves that it answers. */
  async version(options: CallOptions = {}): Promise<string> {
    const answer = await this.connection.send({ method: 'GET', path: '/version', signal: options.signal });
    return Version.parse(answer).gitVersion;
  }
}
