import { readFileSync, writeFileSync } from 'node:fs';

/** How one user reaches the API server. */
export interface ApiServerAccess {
  readonly url: string;
  readonly certificatePath: string;
  readonly token: string;
}

/** Write a kubeconfig that only its owner may read. */
export function writeKubeconfig(path: string, server: ApiServerAccess): void {
  writeFileSync(path, kubeconfigText(server), { mode: 0o600 });
}

/** The text of a kubeconfig; JSON is YAML. */
export function kubeconfigText(server: ApiServerAccess): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'device',
        // A name in the API server's own certificate: the guest reaches the server by an address that is not.
        cluster: {
          server: server.url,
          'certificate-authority-data': readFileSync(server.certificatePath).toString('base64'),
          'tls-server-name': 'kubernetes',
        },
      },
    ],
    users: [{ name: 'user', user: { token: server.token } }],
    contexts: [{ name: 'device', context: { cluster: 'device', user: 'user' } }],
    'current-context': 'device',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
