import { hooksAccess } from '@snapfleet/workloads';
import { ownAccess as clusterOperator } from '../../apps/cluster-operator/src/cluster-access.ts';
import { ownAccess as workloadGuard } from '../../apps/workload-guard/src/cluster-access.ts';
import { appManifest, optionalManifest } from './manifest.ts';

/** The manifests of `deploy/rbac`, by file name, for every app that uses the Kubernetes API. */
export const rbacManifests = (): Readonly<Record<string, string>> => ({
  'cluster-operator.yaml': appManifest('cluster-operator', clusterOperator),
  'cluster-operator-hooks.yaml': optionalManifest('cluster-operator', 'hooks', hooksAccess),
  'workload-guard.yaml': appManifest('workload-guard', workloadGuard),
  'workload-guard-hooks.yaml': optionalManifest('workload-guard', 'hooks', hooksAccess),
});
