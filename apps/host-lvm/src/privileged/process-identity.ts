import { readFileSync } from 'node:fs';

/** One process, told apart from any later one with the same number. */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat (proc(5)). */
  readonly startTime: string;
}

const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** Which boot of this machine this is. */
export const currentBootId = (): string => readFileSync(bootIdFile, 'utf8').trim();

/** The process that has this number now, or undefined. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The name, field 2, may hold anything, blanks and brackets too; after the last bracket comes field 3.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[18];
    if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
    return { bootId: currentBootId(), pid, startTime };
  } catch {
    return undefined;
  }
}

/** Whether this very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const current = identityOf(identity.pid);
  return current?.startTime === identity.startTime && current.bootId === identity.bootId;
}
