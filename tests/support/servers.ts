import { execa } from 'execa';
import { fileURLToPath } from 'node:url';

/** What tools/servers/build can build. */
export type ServerName =
  | 'nats'
  | 'natscli'
  | 'etcd'
  | 'kubernetes'
  | 'external-snapshotter'
  | 'external-provisioner'
  | 'external-resizer'
  | 'topolvm'
  | 'node-stand-in'
  | 'restic';

const build = fileURLToPath(new URL('../../tools/servers/build', import.meta.url));
const buildDeadlineMs = 30 * 60_000;

/** The folder that holds the programs of these servers; they are built first where the cache does not have them. */
export async function serverPrograms(...names: readonly [ServerName, ...ServerName[]]): Promise<string> {
  const { stdout } = await execa(build, names, { timeout: buildDeadlineMs, stdin: 'ignore' });
  return stdout.trim();
}
