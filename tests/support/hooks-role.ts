import type { DeviceUnderTest } from './device-under-test.js';
import { appNamespace, rbacObjects } from './real-device/app-access.js';

/** Who runs hooks: the one always, the other where nobody else does in time. */
const apps = ['cluster-operator', 'workload-guard'];

/** Lets hooks be run in a namespace, as an administrator does where rights are given by roles. */
export async function grantHooks(device: DeviceUnderTest, namespace: string): Promise<void> {
  if (!device.capabilities.roles) return;
  for (const app of apps) {
    const role = `${app}-hooks`;
    await device.applyObjects(...rbacObjects(role), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { namespace, name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `snapfleet-${role}` },
      subjects: [{ kind: 'ServiceAccount', name: app, namespace: appNamespace }],
    });
  }
}
