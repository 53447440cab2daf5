import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUid } from './services.js';

/**
 * Writes a kubeconfig, named by who uses it, that the services' user alone may read.
 * @returns its path
 */
export function readableKubeconfig(text: string, workDirectory: string, user: string): string {
  const path = join(workDirectory, `${user}.kubeconfig`);
  writeFileSync(path, text, { mode: 0o600 });
  chownSync(path, serviceUid, serviceUid);
  return path;
}
