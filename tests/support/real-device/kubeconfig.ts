import { readFileSync, writeFileSync } from 'node:fs';

/** Write a kubeconfig for the API server's administrator; JSON is YAML. */
export function writeKubeconfig(
  path: string,
  server: { readonly url: string; readonly certificatePath: string; readonly token: string },
): void {
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
    users: [{ name: 'administrator', user: { token: server.token } }],
    contexts: [{ name: 'device', context: { cluster: 'device', user: 'administrator' } }],
    'current-context': 'device',
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
