import { readFileSync, readlinkSync } from 'node:fs';

/** Where a process runs, as the kernel tells it: nothing of it is in the hands of the process. */
export interface ProcessPlace {
  readonly cgroup: string;
  /** Absent: it may not be seen, as that of a process with more rights (ptrace(2)). */
  readonly pidNamespace?: string;
  /** Its real user. */
  readonly uid: string;
}

/** The place of a process; undefined where it has ended, or where the kernel does not let it be seen. */
export function placeOf(pid: number | 'self', proc = '/proc'): ProcessPlace | undefined {
  const read = (name: string): string => readFileSync(`${proc}/${String(pid)}/${name}`, 'utf8');
  try {
    const cgroup = cgroupIn(read('cgroup'));
    const uid = /^Uid:\s+(\d+)/m.exec(read('status'))?.[1];
    if (uid === undefined) return undefined;
    const pidNamespace = pidNamespaceIn(`${proc}/${String(pid)}/ns/pid`);
    return { cgroup, uid, ...(pidNamespace === undefined ? {} : { pidNamespace }) };
  } catch {
    return undefined;
  }
}

function pidNamespaceIn(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** The one that systemd sets: of version 2, or its own hierarchy where there is no version 2 (cgroups(7)). */
function cgroupIn(text: string): string {
  return /^0::(.*)$/m.exec(text)?.[1] ?? /^\d+:name=systemd:(.*)$/m.exec(text)?.[1] ?? '';
}

/**
 * Whether a process is one that this service, or an earlier run of it, has started. A unit leaves its processes in its cgroup
 * (KillMode=process), into which nobody else can put one. A service that was started by hand may have another cgroup each
 * time: then it is the user, and the PID namespace, which each container has of its own.
 */
export function isOfService(
  place: ProcessPlace | undefined,
  own: ProcessPlace | undefined,
  isUnit = process.env['INVOCATION_ID'] !== undefined,
): boolean {
  if (place === undefined || own === undefined) return false;
  if (isUnit && own.cgroup.endsWith('.service')) return place.cgroup === own.cgroup;
  return place.uid === own.uid && place.pidNamespace !== undefined && place.pidNamespace === own.pidNamespace;
}
