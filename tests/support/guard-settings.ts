import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUid } from './services.js';

/** The settings by which workload-guard listens and cluster-operator finds it. */
export interface GuardSettings {
  readonly socketPath: string;
  readonly server: Readonly<Record<string, string>>;
  readonly client: Readonly<Record<string, string>>;
}

/** Makes the guard's directories below this one, for the services' user. */
export function guardSettings(workDirectory: string): GuardSettings {
  const directory = join(workDirectory, 'workload-guard');
  mkdirSync(directory);
  chownSync(directory, serviceUid, serviceUid);
  const socketPath = join(directory, 'guard.sock');
  const client = { SNAPFLEET_GUARD_SOCKET: socketPath };
  return { socketPath, client, server: { ...client, SNAPFLEET_STATE_DIR: join(directory, 'state') } };
}
