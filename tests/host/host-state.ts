import { PoolReport } from '@snapfleet/contracts';
import { stateDirectory, type HostUnderTest } from './host-under-test.js';

/** What host-lvm may leave behind, counted on the host itself. */
export interface HostState {
  /** Mount namespaces with a mount of host-lvm. */
  readonly mounts: number;
  readonly holders: number;
  /** Programs of the closed list that run. */
  readonly commands: number;
  readonly leases: number;
  /** Leases that have not ended in the journal. */
  readonly openEntries: number;
  readonly suspendedDevices: number;
  /** Open file descriptors of the service. */
  readonly descriptors: number;
  /** The logical volumes, each with whether it is active. */
  readonly volumes: readonly string[];
}

const script = `
echo "mounts $(cat /proc/[0-9]*/mountinfo 2> /dev/null | grep -c /run/snapfleet)"
echo "holders $(pgrep --count --uid 64738 --exact cat)"
echo "commands $(pgrep --count --exact 'lvs|vgs|lvchange|blkid|unshare|nsenter|mount|umount|setpriv')"
echo "suspended $(dmsetup info --columns --noheadings -o suspended | grep -c Suspended)"
echo "descriptors $(ls "/proc/$1/fd" | wc -l)"
lvs --noheadings -o lv_full_name,lv_active --separator ' ' | sed 's/^ */volume /'
sed 's/^/journal /' "$2"
`;

/** Counts what there is on the host now. */
export async function readHostState(host: HostUnderTest): Promise<HostState> {
  const [text, { leases }] = await Promise.all([
    host.inGuest(`set +e; ${script}`, String(host.service.pid), `${stateDirectory}/leases.jsonl`),
    host.call(PoolReport, {}),
  ]);
  const lines = text.split('\n');
  const said = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const number = (key: string): number => Number(said(key)[0]);
  return {
    mounts: number('mounts'),
    holders: number('holders'),
    commands: number('commands'),
    leases,
    openEntries: openLeases(said('journal')),
    suspendedDevices: number('suspended'),
    descriptors: number('descriptors'),
    volumes: said('volume').map((line) => line.trim()),
  };
}

function openLeases(lines: readonly string[]): number {
  const open = new Set<string>();
  for (const { event, leaseId } of lines.map((line) => JSON.parse(line) as { event: string; leaseId: string }))
    if (event === 'exposing') open.add(leaseId);
    else if (event === 'concealed') open.delete(leaseId);
  return open.size;
}

/** What is there that was not there before, or is no more. */
export function leaksOf(before: HostState, after: HostState): string[] {
  const numbers = (['mounts', 'holders', 'commands', 'leases', 'openEntries', 'suspendedDevices'] as const).filter(
    (name) => after[name] !== 0,
  );
  const changed = [
    ...after.volumes.filter((volume) => !before.volumes.includes(volume)).map((volume) => `now ${volume}`),
    ...before.volumes.filter((volume) => !after.volumes.includes(volume)).map((volume) => `no more ${volume}`),
  ];
  return [
    ...numbers.map((name) => `${after[name]} ${name}`),
    ...(after.descriptors > before.descriptors
      ? [`${after.descriptors} file descriptors, ${before.descriptors} before`]
      : []),
    ...changed,
  ];
}
