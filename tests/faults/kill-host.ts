import { loads } from '../host/host-load.js';
import { hostFailpoints } from '../host/host-failpoints.js';
import { HostUnderTest } from '../host/host-under-test.js';
import { damage, kinds, sign, signatures } from '../host/images.js';
import { ImageBench } from '../host/image-bench.js';
import { KillLoop, type KillVerdict } from '../host/kill-loop.js';
import { Leases } from '../host/leases.js';
import { Random } from '../support/random.js';
import { KillTally } from './kill-tally.js';

/** What is killed in a round beside the point that it is about: with that, every point has had its round before 1,000 kills. */
const round = { anywhere: 4, children: 12 } as const;

/** How much is tried. */
export interface HostFaults {
  readonly seed: number;
  readonly kills: number;
  /** How many guests there are at a time, each with a host-lvm that is killed. */
  readonly guests: number;
  readonly images: number;
  readonly interrupted: () => boolean;
}

const say = (good: boolean, text: string): void => {
  console.log(`${good ? 'survived' : 'FAILED  '} ${text}`);
};

/**
 * host-lvm in guests with real LVM: killed at each point of its work and between at random, with its children, until so
 * many kills are done; and given so many damaged filesystem images. Prints what was left; true when that is nothing.
 */
export async function killHost(faults: HostFaults): Promise<boolean> {
  const tally = new KillTally(await hostFailpoints());
  const run = async (index: number): Promise<boolean> => {
    const host = await HostUnderTest.boot();
    try {
      await killLoop(host, { ...faults, seed: faults.seed + index }, tally);
      return index > 0 || (await tryImages(host, faults));
    } finally {
      await host.destroy();
    }
  };
  const guests = await Promise.all(Array.from({ length: faults.guests }, (_, index) => run(index)));
  console.log(`\n${tally.table()}`);
  return guests.every(Boolean) && !faults.interrupted() && tally.clean;
}

async function killLoop(host: HostUnderTest, faults: HostFaults, tally: KillTally): Promise<void> {
  const loop = await KillLoop.on(host, { seed: faults.seed, load: loads.everything });
  tally.add(loop);
  while (tally.kills < faults.kills && !faults.interrupted()) {
    const point = tally.nextPoint();
    const verdict = await loop.round({ ...round, point }).catch((error: unknown) => broken(point, error));
    tally.note(verdict);
    const { leaks, milliseconds } = verdict;
    const seconds = (milliseconds / 1000).toFixed(1);
    say(leaks.length === 0, `round ${String(tally.rounds)}, ${point}: ${String(tally.kills)} kills (${seconds} s)`);
    for (const leak of leaks) console.log(`         leak: ${leak}`);
    if (leaks.length > 0) console.log(host.log.slice(-60).join('\n'));
    if (verdict.service === 0) {
      console.log(await host.whatRuns());
      return;
    }
  }
  await loop.stop();
}

/** A round that did not come to its end: what it has killed is not counted, and its host is not used any more. */
function broken(point: string, error: unknown): KillVerdict {
  const leaks = [`the round was broken off: ${String(error)}`];
  return { point, service: 0, inStart: 0, children: 0, milliseconds: 0, leaks };
}

async function tryImages(host: HostUnderTest, { seed, images, interrupted }: HostFaults): Promise<boolean> {
  const leases = new Leases(() => host);
  const bench = await ImageBench.create(host);
  let refused = 0;
  const names = Object.keys(signatures) as (keyof typeof signatures)[];
  for (const name of names) {
    const verdict = await bench.try(sign(Buffer.alloc(1 << 20), name), leases);
    const right = !verdict.exposed && verdict.code === 'filesystem_unsupported';
    if (right) refused += 1;
    say(right, `signature of ${name}: ${verdict.exposed ? 'it was mounted' : verdict.message}`);
  }
  let harmless = 0;
  let tried = 0;
  for (; tried < images && !interrupted(); tried += 1) {
    const kind = kinds[tried % kinds.length] ?? 'xfs';
    const random = new Random(seed * 1_000_000 + tried);
    const image = await bench.maker.image(kind);
    const how = damage(image, random);
    const verdict = await bench.try(image, leases);
    const problems = await bench.problems(verdict);
    if (problems.length === 0) harmless += 1;
    const said = verdict.exposed ? JSON.stringify(verdict.scan).slice(0, 120) : verdict.code;
    say(problems.length === 0, `image ${tried} of ${kind}, damaged in its ${how}: ${said}`);
    for (const problem of problems) console.log(`         ${problem}`);
  }
  await bench.destroy();
  console.log(`\n${'signatures refused'.padEnd(22)}${String(refused).padStart(6)}`);
  console.log(`${'images tried'.padEnd(22)}${String(tried).padStart(6)}`);
  console.log(`${'harmless'.padEnd(22)}${String(harmless).padStart(6)}`);
  return harmless === tried && refused === names.length;
}
