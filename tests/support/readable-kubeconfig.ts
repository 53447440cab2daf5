import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUid } from './services.js';

/**
 * A copy of a kubeconfig that the services' user may read, with the certificate of the API server within in place of a path.
 * @returns its path
 */
export function readableKubeconfig(kubeconfigPath: string, workDirectory: string): string {
  const path = join(workDirectory, 'kubeconfig');
  const text = readFileSync(kubeconfigPath, 'utf8');
  const within = text.replace(/"certificate-authority": "([^"]+)"/, (_all, file: string) => {
    return `"certificate-authority-data": "${readFileSync(file).toString('base64')}"`;
  });
  writeFileSync(path, within, { mode: 0o600 });
  chownSync(path, serviceUid, serviceUid);
  return path;
}
