import { chown } from 'node:fs/promises';

/** An ordinary user, as the services that move data run. */
export const workerUid = 21_500;

// What a faithful copy needs without being root: to read everything, and to give owners, modes, attributes and nodes back.
const moverCapabilities = ['dac_override', 'chown', 'fowner', 'fsetid', 'setfcap', 'mknod'];

/** The command that runs a program as that user with these ambient capabilities and no others. */
export function asWorker(
  program: string,
  argv: readonly string[],
  capabilities: readonly string[] = moverCapabilities,
): [string, string[]] {
  const plus = capabilities.map((name) => `+${name}`).join(',');
  const only = capabilities.length === 0 ? '-all' : `-all,${plus}`;
  const user = [`--reuid=${String(workerUid)}`, `--regid=${String(workerUid)}`, '--clear-groups', '--no-new-privs'];
  const sets = [`--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`];
  return ['setpriv', [...user, ...sets, '--', program, ...argv]];
}

/** Gives a directory to that user. */
export async function giveToWorker(path: string): Promise<void> {
  await chown(path, workerUid, workerUid);
}
