import type { Cluster } from '../cluster.js';
import type { ScalableKind } from '../objects/scalable-workload.js';
import type { CallOptions } from '../resources/resource-api.js';

/** What can be done with the objects of any kind. */
export type ResourceCall = keyof Cluster['claims'];
/** What can be done with a workload: `scale` beside the rest. */
export type ScalableCall = keyof Cluster['workloads']['Deployment'];
/** What can be done with Pods: `exec`, which is `pods/exec`, beside the rest. */
export type PodCall = keyof Cluster['pods'];
/** The kinds of objects that are no workloads. */
export type PlainResource = Exclude<keyof Cluster, 'workloads' | 'serves' | 'allows' | 'version'>;

/** Calls, each with what it is needed for: the words become comments in the manifest of the rights. */
export type Uses<Call extends string> = Readonly<Partial<Record<Call, string>>>;

/**
 * What one app does with the Kubernetes API. The app declares it once: the cluster that it gets has these calls and no
 * others (`connectToCluster`), and the manifest of its rights in `deploy/rbac` is made from it (`policyRulesOf`).
 */
export type ClusterAccess = Readonly<Partial<Record<Exclude<PlainResource, 'pods'>, Uses<ResourceCall>>>> & {
  readonly pods?: Uses<PodCall>;
  readonly workloads?: Readonly<Partial<Record<ScalableKind, Uses<ScalableCall>>>>;
  /** Groups and versions, such as `snapshot.storage.k8s.io/v1`, of which it asks what they serve. */
  readonly serves?: Readonly<Record<string, string>>;
  /** What it asks for, whether it may do something; every user may ask that (ClusterRole `system:basic-user`). */
  readonly allows?: string;
  /** What it asks the version of the API server for. */
  readonly version?: string;
};

type Offered<Api, Declared> = Pick<Api, keyof Api & keyof Declared>;

interface Discovery<Groups> {
  /** Whether the API server knows this resource, by API discovery. */
  serves(apiVersion: string & keyof Groups, plural: string, options?: CallOptions): Promise<boolean>;
}

/** The part of a cluster that an app has declared: what is not declared does not compile. */
export type ClusterOf<Access extends ClusterAccess> = {
  readonly [Name in PlainResource & keyof Access]: Offered<Cluster[Name], Access[Name]>;
} & (Access extends { readonly workloads: infer Workloads }
  ? {
      readonly workloads: {
        readonly [Kind in ScalableKind & keyof Workloads]: Offered<Cluster['workloads'][Kind], Workloads[Kind]>;
      };
    }
  : unknown) &
  (Access extends { readonly serves: infer Groups } ? Discovery<Groups> : unknown) &
  (Access extends { readonly allows: string } ? Pick<Cluster, 'allows'> : unknown) &
  (Access extends { readonly version: string } ? Pick<Cluster, 'version'> : unknown);
