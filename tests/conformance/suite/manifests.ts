import type { V1ConfigMap } from '@kubernetes/client-node';
import type { Manifest } from '../../support/device-under-test.js';

const image = 'registry.k8s.io/pause:3.10';

type Fields = Readonly<Record<string, unknown>>;
type WithSpec = Manifest & { readonly spec: Fields };

/** A claim of 320 MiB, which is more than the least that TopoLVM makes of xfs, on the thin class. */
export function claim(namespace: string, name: string, spec: Fields = {}): WithSpec {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'topolvm-provisioner-thin',
      resources: { requests: { storage: '320Mi' } },
      ...spec,
    },
  };
}

/** A claim that is filled from a snapshot. */
export function restoredClaim(namespace: string, name: string, snapshot: string, storage: string): WithSpec {
  return claim(namespace, name, {
    dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot },
    resources: { requests: { storage } },
  });
}

/** A thin class that retains the volumes of claims that are deleted. */
export const retainingClass: Manifest = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'retaining' },
  provisioner: 'topolvm.io',
  reclaimPolicy: 'Retain',
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
  parameters: { 'csi.storage.k8s.io/fstype': 'xfs', 'topolvm.io/device-class': 'thin' },
};

/** The specification of a Pod that mounts the claim, if one is named. */
export function podSpec(claimName?: string, more: Fields = {}, container: Fields = {}): Fields {
  const mounts = claimName === undefined ? [] : [{ name: 'data', mountPath: '/data' }];
  const volumes = claimName === undefined ? [] : [{ name: 'data', persistentVolumeClaim: { claimName } }];
  return {
    containers: [{ name: 'app', image, volumeMounts: mounts, ...container }],
    volumes,
    terminationGracePeriodSeconds: 1,
    ...more,
  };
}

/** A Pod with the label `app=<name>`. */
export function pod(namespace: string, name: string, spec: Fields): WithSpec {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, labels: { app: name } }, spec };
}

/** A Deployment, ReplicaSet, StatefulSet or ReplicationController of Pods with the label `app=<name>`. */
export function workload(
  kind: string,
  namespace: string,
  name: string,
  replicas: number,
  claimName?: string,
): WithSpec {
  const labels = { app: name };
  const core = kind === 'ReplicationController';
  return {
    apiVersion: core ? 'v1' : 'apps/v1',
    kind,
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: core ? labels : { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(claimName) },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
    },
  };
}

/** A VolumeSnapshot of a claim; without a class name, of the default class. */
export function volumeSnapshot(namespace: string, name: string, source: string, className?: string): WithSpec {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { namespace, name },
    spec: {
      source: { persistentVolumeClaimName: source },
      ...(className === undefined ? {} : { volumeSnapshotClassName: className }),
    },
  };
}

/** A ConfigMap, as an object of which nothing else takes notice. */
export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string> = {},
  metadata: Fields = {},
): V1ConfigMap & Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, ...metadata }, data };
}
