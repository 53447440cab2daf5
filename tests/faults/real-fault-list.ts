import { chooseFaults } from './choose-faults.js';
import { atEvent, each, events, type Fault, nameOfBlow, phasesWithEffects, stepsOf } from './fault-list.js';
import { powerCut, realKill, type RealVictim } from './real-blow.js';

/** Who takes part from the first step on. */
const ofTheDevice: readonly RealVictim[] = [
  'kube-apiserver',
  'etcd',
  'snapshot-controller',
  'csi-snapshotter',
  'topolvm-controller',
  'topolvm-node',
  'node-stand-in',
  'host-lvm',
];

/** Who takes part once the snapshot is there: copying it, and restoring it into a claim of its own. */
const afterTheSnapshot: readonly RealVictim[] = ['csi-provisioner', 'backup-worker', 'restore-verifier'];

/** Every blow on the real device at every moment at which its victim takes part. */
export async function realFaults(): Promise<Fault[]> {
  const steps = stepsOf(await phasesWithEffects());
  const told = events.map(atEvent);
  return [
    ...each([powerCut, ...ofTheDevice.map(realKill)], [...steps, ...told]),
    ...each(afterTheSnapshot.map(realKill), told),
  ];
}

/** So many faults, each blow in turn, at moments and in an order that the seed gives. */
export function chooseInTurn(faults: readonly Fault[], count: number, seed: number): Fault[] {
  const blows = Map.groupBy(chooseFaults(faults, faults.length, seed), ({ blow }) => nameOfBlow(blow));
  const queues = [...blows.values()];
  const longest = Math.max(...queues.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, round) =>
    queues.flatMap((queue) => queue.slice(round, round + 1)),
  );
  return inTurn.flat().slice(0, count);
}
