import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { identityOf, isAlive } from '../privileged/process-identity.js';

const Owner = z.object({ bootId: z.string(), pid: z.number().int().positive(), startTime: z.string() });
const fileName = 'owner.json';

/**
 * Takes the directory for this process: two services would end each other's leases.
 * @throws Error when another one that is alive has it.
 */
export async function takeStateDirectory(directory: string): Promise<void> {
  // Other services have their own directories beside it, so only the last one is ours alone.
  await mkdir(dirname(directory), { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, fileName);
  const owner = await readOwner(path);
  if (owner !== undefined && owner.pid !== process.pid && isAlive(owner))
    throw new Error(`${directory} is in use by the process ${String(owner.pid)}: host-lvm runs once on a host`);
  await writeFile(`${path}.new`, JSON.stringify(identityOf(process.pid)), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function readOwner(path: string): Promise<z.infer<typeof Owner> | undefined> {
  try {
    return Owner.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Missing, or torn by a power cut: then its owner is gone too.
    return undefined;
  }
}
