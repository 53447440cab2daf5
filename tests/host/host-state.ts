import { PoolReport } from '@snapfleet/contracts';
import { podSlices } from './frozen-pods.js';
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
  /** Snapshots of the metadata of thin pools. */
  readonly metadataSnapshots: number;
  /** Cgroups of Pods that are frozen, or asked to. */
  readonly frozenPods: number;
  /** Processes that let frozen Pods go. */
  readonly watchdogs: number;
  /** Freezes and removals that have not ended in their journals. */
  readonly openFreezes: number;
  readonly openRemovals: number;
  /** Open file descriptors of the service. */
  readonly descriptors: number;
  /** The logical volumes, those of LVM's own too, each with whether it is active. */
  readonly volumes: readonly string[];
  /** The devices of device-mapper. */
  readonly devices: readonly string[];
}

const script = `
state=$2 slices=$3
echo "mounts $(cat /proc/[0-9]*/mountinfo 2> /dev/null | grep -c /run/snapfleet)"
echo "holders $(pgrep --count --uid 64738 --exact cat)"
echo "commands $(pgrep --count --exact 'lvs|vgs|lvchange|lvremove|blkid|unshare|nsenter|mount|umount|mknod|setpriv')"
echo "watchdogs $(pgrep --count --full '[t]haw-watchdog')"
echo "suspended $(dmsetup info --columns --noheadings -o suspended | grep -c Suspended)"
echo "metadata-snapshots $(dmsetup status --target thin-pool | awk '$8 != "-"' | wc -l)"
echo "frozen $(cat /dev/null "$slices"/*/cgroup.freeze 2> /dev/null | grep -c 1)"
echo "open-removals $(ls "$state/removals" | wc -l)"
echo "descriptors $(ls "/proc/$1/fd" | wc -l)"
dmsetup info --columns --noheadings -o name | sed 's/^/device /'
lvs --all --noheadings -o lv_full_name,lv_active --separator ' ' | sed 's/^ */volume /'
sed 's/^/journal /' "$state/leases.jsonl"
echo "freezes $(cat "$state/freezes.json" || echo '[]')"
`;

/** Counts what there is on the host now. */
export async function readHostState(host: HostUnderTest): Promise<HostState> {
  // One after the other: the report runs a command that would be counted.
  const { leases } = await host.call(PoolReport, {});
  const text = await host.inGuest(`set +e; ${script}`, String(host.service.pid), stateDirectory, podSlices);
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
    metadataSnapshots: number('metadata-snapshots'),
    frozenPods: number('frozen'),
    watchdogs: number('watchdogs'),
    openFreezes: (JSON.parse(said('freezes')[0] ?? '') as unknown[]).length,
    openRemovals: number('open-removals'),
    descriptors: number('descriptors'),
    volumes: said('volume').map((line) => line.trim()),
    devices: said('device').map((line) => line.trim()),
  };
}

function openLeases(lines: readonly string[]): number {
  const open = new Set<string>();
  for (const { event, leaseId } of lines.map((line) => JSON.parse(line) as { event: string; leaseId: string }))
    if (event === 'exposing') open.add(leaseId);
    else if (event === 'concealed') open.delete(leaseId);
  return open.size;
}

const nothingOf = [
  'mounts',
  'holders',
  'commands',
  'leases',
  'openEntries',
  'suspendedDevices',
  'metadataSnapshots',
  'frozenPods',
  'watchdogs',
  'openFreezes',
  'openRemovals',
] as const satisfies readonly (keyof HostState)[];

/** What is there that was not there before, or is no more. */
export function leaksOf(before: HostState, after: HostState): string[] {
  return [
    // Also what could not be counted is not nothing.
    ...nothingOf.filter((name) => after[name] !== 0).map((name) => `${after[name]} ${name}`),
    ...(after.descriptors <= before.descriptors
      ? []
      : [`${after.descriptors} file descriptors, ${before.descriptors} before`]),
    ...(['volumes', 'devices'] as const).flatMap((name) => [
      ...after[name].filter((one) => !before[name].includes(one)).map((one) => `now of the ${name}: ${one}`),
      ...before[name].filter((one) => !after[name].includes(one)).map((one) => `no more of the ${name}: ${one}`),
    ]),
  ];
}
