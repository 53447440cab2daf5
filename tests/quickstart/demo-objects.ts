import type { V1Deployment, V1PersistentVolumeClaim, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { Manifest } from '../support/device-under-test.js';

const image = 'registry.k8s.io/pause:3.10';

/** Each claim is mounted at `/data`, the second at `/data-1`, and so on. */
function podSpec(claimNames: readonly string[]): V1PodSpec {
  const volumes = claimNames.map((claimName, index) => ({ claimName, name: index === 0 ? 'data' : `data-${index}` }));
  return {
    containers: [{ name: 'app', image, volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })) }],
    volumes: volumes.map(({ name, claimName }) => ({ name, persistentVolumeClaim: { claimName } })),
    terminationGracePeriodSeconds: 1,
  };
}

/** A namespace. */
export const namespaceObject = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

/** A claim of this size on the thin class. */
export function claim(
  namespace: string,
  name: string,
  storage: string,
  storageClassName = 'topolvm-provisioner-thin',
): V1PersistentVolumeClaim & Manifest {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
  };
}

/** A Pod that uses a claim, labelled `app=<name>`. */
export function consumerPod(namespace: string, name: string, claimName: string): V1Pod & Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: podSpec([claimName]),
  };
}

/** A Deployment of one replica that uses these claims, labelled `app=<name>`. */
export function deployment(namespace: string, name: string, ...claimNames: string[]): V1Deployment & Manifest {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(claimNames) },
    },
  };
}

/** The workload of the quickstart. */
export function demoObjects(namespace: string): Manifest[] {
  return [claim(namespace, 'notes-data', '320Mi'), deployment(namespace, 'notes', 'notes-data')];
}
