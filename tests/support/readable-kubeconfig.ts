import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUid } from './services.js';

/**
 * A copy of a kubeconfig that the services' user may read.
 * @returns its path
 */
export function readableKubeconfig(kubeconfigPath: string, workDirectory: string): string {
  const path = join(workDirectory, 'kubeconfig');
  writeFileSync(path, readFileSync(kubeconfigPath), { mode: 0o600 });
  chownSync(path, serviceUid, serviceUid);
  return path;
}
