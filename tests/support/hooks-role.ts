import type { DeviceUnderTest } from './device-under-test.js';
import { appNamespace, rbacObjects } from './real-device/app-access.js';

/** Lets the cluster operator run hooks in a namespace, as an administrator does where rights are given by roles. */
export async function grantHooks(device: DeviceUnderTest, namespace: string): Promise<void> {
  if (!device.capabilities.roles) return;
  const role = 'cluster-operator-hooks';
  await device.applyObjects(...rbacObjects(role), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { namespace, name: role },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `snapfleet-${role}` },
    subjects: [{ kind: 'ServiceAccount', name: 'cluster-operator', namespace: appNamespace }],
  });
}
