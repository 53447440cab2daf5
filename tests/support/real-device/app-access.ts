import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Manifest } from '../device-under-test.js';
import { ApiRequests } from './api-requests.js';
import type { ControlPlane } from './control-plane.js';
import { kubeconfigText } from './kubeconfig.js';

/** The namespace of the ServiceAccounts. */
export const appNamespace = 'snapfleet';
/** Longer than any suite. */
const tokenSeconds = 24 * 3600;
const TokenRequest = z.object({ status: z.object({ token: z.string() }) });

/** The objects of `deploy/rbac/<app>.yaml`. */
export function rbacObjects(app: string): readonly Manifest[] {
  const path = fileURLToPath(new URL(`../../../deploy/rbac/${app}.yaml`, import.meta.url));
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Manifest);
}

/** Gives an app its rights as an administrator does, and makes a kubeconfig with a token of its ServiceAccount. */
export async function grantAccess(controlPlane: ControlPlane, app: string): Promise<string> {
  const { cluster, apiServerPort, certificatePath } = controlPlane;
  await cluster.apply(rbacObjects(app));
  const token = await tokenOf(controlPlane, app);
  return kubeconfigText({ url: `https://127.0.0.1:${String(apiServerPort)}`, certificatePath, token });
}

/** Requests with a token of a ServiceAccount, which is made where it is not there. */
export async function requestsAs(controlPlane: ControlPlane, serviceAccount: string): Promise<ApiRequests> {
  const metadata = { namespace: appNamespace, name: serviceAccount };
  await controlPlane.cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }]);
  const { apiServerPort: port, certificatePath } = controlPlane;
  return new ApiRequests({ port, certificatePath, token: await tokenOf(controlPlane, serviceAccount) });
}

async function tokenOf({ cluster }: ControlPlane, serviceAccount: string): Promise<string> {
  return TokenRequest.parse(await cluster.createToken(appNamespace, serviceAccount, tokenSeconds)).status.token;
}
