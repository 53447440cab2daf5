import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiRequests } from '../../support/real-device/api-requests.js';
import { appNamespace, requestsAs } from '../../support/real-device/app-access.js';
import { declaredRights, effectiveRights, usedRights } from '../../support/real-device/rights.js';
import type { RealDevice } from '../../support/real-device/real-device.js';

const apps = '/apis/apps/v1/namespaces/default';
const core = '/api/v1/namespaces/default';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const snapshots = '/apis/snapshot.storage.k8s.io/v1';

/** What would make the holder of the token more than a taker of snapshots: reading secrets, running programs, rights. */
const forbidden: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/api/v1/secrets'],
  ['GET', `${core}/secrets/any`],
  ['GET', '/api/v1/configmaps'],
  ['GET', '/api/v1/nodes'],
  ['GET', '/api/v1/nodes/device/proxy/pods'],
  ['GET', '/api/v1/namespaces'],
  ['DELETE', '/api/v1/namespaces/default'],
  ['POST', `${core}/pods/any/exec?command=id`],
  ['POST', `${core}/pods/any/attach`],
  ['POST', `${core}/pods/any/portforward`],
  ['POST', `${core}/pods/any/eviction`],
  ['GET', `${core}/pods/any/log`],
  ['PATCH', `${core}/pods/any/ephemeralcontainers`],
  ['PATCH', `${core}/pods/any/status`],
  ['PUT', `${core}/persistentvolumeclaims/any`],
  ['DELETE', `${core}/persistentvolumeclaims`],
  ['DELETE', '/api/v1/persistentvolumes/any'],
  ['POST', '/api/v1/persistentvolumes'],
  ['POST', `${core}/events`],
  ['POST', `${core}/serviceaccounts/default/token`],
  ['POST', `/api/v1/namespaces/${appNamespace}/serviceaccounts/cluster-operator/token`],
  ['POST', `${apps}/deployments`],
  ['DELETE', `${apps}/deployments/any`],
  ['PUT', `${apps}/deployments/any/scale`],
  ['DELETE', `${apps}/statefulsets/any`],
  ['PATCH', `${apps}/daemonsets/any`],
  ['GET', '/apis/batch/v1/jobs'],
  ['PATCH', `${rbac}/clusterroles/snapfleet-cluster-operator`],
  ['POST', `${rbac}/clusterrolebindings`],
  ['POST', `${rbac}/namespaces/default/rolebindings`],
  ['POST', `${snapshots}/volumesnapshotcontents`],
  ['DELETE', `${snapshots}/volumesnapshotclasses/any`],
  ['DELETE', '/apis/storage.k8s.io/v1/storageclasses/any'],
  ['POST', '/apis/topolvm.io/v1/logicalvolumes'],
  ['PATCH', '/apis/topolvm.io/v1/logicalvolumes/any'],
  ['GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
  ['POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'],
  ['POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
];

/** What the cluster operator may do, and the workload guard may not. */
const forbiddenToGuard: typeof forbidden = [
  ['DELETE', `${core}/pods/any`],
  ['DELETE', `${core}/persistentvolumeclaims/any`],
  ['GET', `${core}/persistentvolumeclaims/any`],
  ['DELETE', `${snapshots}/namespaces/default/volumesnapshots/any`],
  ['GET', '/apis/topolvm.io/v1/logicalvolumes'],
];

interface AppUnderTest {
  readonly app: 'cluster-operator' | 'workload-guard';
  /** A role for a part of what it does, which is bound by an administrator. */
  readonly part?: string;
  /** Whether the suite makes it do all that it can. */
  readonly usesAll: boolean;
}

/** What the ServiceAccount of an app may do; it comes after everything that the app does on this device. */
export function describeRights({ app, part, usesAll }: AppUnderTest, use: () => RealDevice): void {
  describe(`the rights of ${app}`, () => {
    let own: ApiRequests;
    let everybody: ApiRequests;
    beforeAll(async () => {
      own = await requestsAs(use().controlPlane, app);
      everybody = await requestsAs(use().controlPlane, 'without-rights');
    });
    afterAll(() => {
      own.close();
      everybody.close();
    });

    test(
      usesAll ? 'it has used every right that it has, and asked for nothing else' : 'it asked for nothing else',
      async () => {
        const declared = [...declaredRights(app), ...(part === undefined ? [] : declaredRights(part))].sort();
        const common = await effectiveRights(everybody);
        const used = usedRights(use().controlPlane.auditLogPath, app);
        const own = used.filter((right) => declared.includes(right) || !common.includes(right));
        expect(own).toEqual(usesAll ? declared : declared.filter((right) => own.includes(right)));
      },
    );

    test('the API server gives it what its manifest says, and what every ServiceAccount may', async () => {
      const common = await effectiveRights(everybody);
      expect(common.length).toBeGreaterThan(0);
      const rights = await effectiveRights(own);
      expect(rights).toEqual([...new Set([...common, ...declaredRights(app)])].sort());
    });

    test.each([...forbidden, ...(app === 'workload-guard' ? forbiddenToGuard : [])])(
      'it is refused to %s %s',
      async (method, path) => {
        const body = method === 'GET' ? undefined : {};
        await expect(own.send(method, path, body)).rejects.toMatchObject({ status: 403 });
      },
    );
  });
}
