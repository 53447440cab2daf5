import type { Pod } from '@snapfleet/kubernetes';
import { expect, test } from 'vitest';
import { stripPodManifest } from './strip-pod-manifest.js';

const base = { name: 'base', image: 'busybox', volumeMounts: [{ name: 'data', mountPath: '/data' }] };
const init = { name: 'init', image: 'busybox' };
const written = {
  restartPolicy: 'Always',
  priorityClassName: 'high',
  containers: [base],
  initContainers: [init],
  tolerations: [{ key: 'site', operator: 'Exists' }],
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'base' } }],
};
const token = {
  name: 'kube-api-access-x7k2p',
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
};
const toleration = (key: string): object => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
const running: Pod = {
  metadata: {
    name: 'base',
    namespace: 'shop',
    uid: 'u-1',
    resourceVersion: '7',
    creationTimestamp: '2026-11-23T10:00:00Z',
    managedFields: [{}],
    labels: { app: 'base' },
    annotations: { note: 'kept', 'k8s.ovn.org/pod-networks': '{"default":{"ip":"10.42.0.7"}}' },
  },
  spec: {
    ...written,
    nodeName: 'device',
    priority: 1000,
    containers: [{ ...base, volumeMounts: [...base.volumeMounts, token] }],
    initContainers: [{ ...init, volumeMounts: [token] }],
    tolerations: [
      ...written.tolerations,
      toleration('node.kubernetes.io/not-ready'),
      toleration('node.kubernetes.io/unreachable'),
    ],
    volumes: [...written.volumes, { name: token.name, projected: {} }],
  },
  status: { phase: 'Running' },
};

test('the manifest is what was applied, without what the cluster added', () => {
  expect(stripPodManifest(running)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'base', namespace: 'shop', labels: { app: 'base' }, annotations: { note: 'kept' } },
    spec: written,
  });
});

test('a toleration that differs from the default one is kept', () => {
  const patient = { ...toleration('node.kubernetes.io/unreachable'), tolerationSeconds: 30 };
  const pod: Pod = { ...running, spec: { ...running.spec, tolerations: [patient] } };
  expect(stripPodManifest(pod)).toMatchObject({ spec: { tolerations: [patient] } });
});
