import type { DataOf, VolumeRestore } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { expect, test } from 'vitest';
import { operationId, putClaim, putReadySnapshot, restorePointId, where } from '../testing/samples.js';
import { consumerPodManifest, consumerPodName } from './consumer-pod.js';

const cluster = new FakeCluster();
const command: DataOf<typeof VolumeRestore> = {
  operationId,
  restorePointId,
  ...where,
  targetClaim: where.persistentVolumeClaim,
  purpose: 'user',
  claim: putClaim(cluster),
  snapshot: putReadySnapshot(cluster),
  deadlineSeconds: 9,
};
const assertion = { image: 'check:1', command: ['check', '--all'], mountPath: '/srv', timeoutSeconds: 5 };

test('the idle Pod has no token, no rights and cannot write', () => {
  expect(consumerPodManifest(command, 'pause:1')).toMatchObject({
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [
        {
          image: 'pause:1',
          volumeMounts: [{ readOnly: true }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  });
});

test('the assertion has its image, command, place and time', () => {
  expect(consumerPodManifest({ ...command, purpose: 'scratch', assertion }, 'pause:1')).toMatchObject({
    spec: {
      activeDeadlineSeconds: 5,
      containers: [
        { image: 'check:1', command: ['check', '--all'], volumeMounts: [{ mountPath: '/srv', readOnly: false }] },
      ],
    },
  });
});

test('a block volume is a device, and the node of the snapshot is demanded where it is known', () => {
  const claim = { ...command.claim, volumeMode: 'Block' as const, nodeName: 'device' };
  expect(consumerPodManifest({ ...command, claim }, 'pause:1')).toMatchObject({
    spec: {
      nodeSelector: { 'topology.topolvm.io/node': 'device' },
      containers: [{ volumeDevices: [{ name: 'restored', devicePath: '/data' }] }],
    },
  });
});

test('the name of the Pod is a name whatever the length of the claim', () => {
  expect(consumerPodName('orders')).toBe('orders-consumer');
  expect(consumerPodName(`${'a'.repeat(243)}.${'b'.repeat(9)}`)).toBe(`${'a'.repeat(243)}-consumer`);
});
