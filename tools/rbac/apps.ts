import type { ClusterAccess } from '@snapfleet/kubernetes';
import { clusterAccess as clusterOperator } from '../../apps/cluster-operator/src/cluster-access.ts';

/** Every app that uses the Kubernetes API, with what it has declared. */
export const accessOfApps: Readonly<Record<string, ClusterAccess>> = {
  'cluster-operator': clusterOperator,
};
