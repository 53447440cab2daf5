import { createAdmitted } from '../admission/admission.js';
import type { Manifest, Objects } from '../store/objects.js';
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
  createAdmitted(objects, types.namespaces, { metadata: { name: namespace } });
  createAdmitted(objects, types.claims, claim, namespace);
  createAdmitted(objects, types.deployments, deployment, namespace);
}
