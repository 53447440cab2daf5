import { admitNew } from '../admission/admission.js';
import type { Manifest, Objects } from '../store/objects.js';
import type { ResourceType } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';

const namespace = 'demo';
const labels = { app: 'notes' };

const claim: Manifest = {
  metadata: { name: 'notes-data' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'topolvm-provisioner-thin',
    resources: { requests: { storage: '320Mi' } },
  },
};

const deployment: Manifest = {
  metadata: { name: 'notes', labels },
  spec: {
    replicas: 1,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: 'notes',
            image: 'registry.k8s.io/pause:3.10',
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim.metadata.name } }],
      },
    },
  },
};

/** Puts the namespace `demo` with the Deployment `notes` and its claim `notes-data` on the device. */
export function seedDemo(objects: Objects): void {
  const add = (type: ResourceType, manifest: Manifest): void => {
    const prepared = objects.prepare(type, manifest, type.namespaced ? namespace : undefined);
    objects.insert(type, admitNew(type, prepared, objects));
  };
  add(types.namespaces, { metadata: { name: namespace } });
  add(types.claims, claim);
  add(types.deployments, deployment);
}
