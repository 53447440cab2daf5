import { loads } from '../host/host-load.js';
import { HostUnderTest } from '../host/host-under-test.js';
import { damage, kinds, sign, signatures } from '../host/images.js';
import { ImageBench } from '../host/image-bench.js';
import { hostFailpoints, KillLoop, type KillVerdict } from '../host/kill-loop.js';
import { Leases } from '../host/leases.js';
import { Random } from '../support/random.js';

/** How much is tried. */
export interface HostFaults {
  readonly seed: number;
  readonly kills: number;
  readonly images: number;
  readonly interrupted: () => boolean;
}

const say = (good: boolean, text: string): void => {
  console.log(`${good ? 'survived' : 'FAILED  '} ${text}`);
};

/**
 * host-lvm in a guest with real LVM: killed at each point of its work and in turn at random, with its children, until
 * so many kills are done; and given so many damaged filesystem images. Prints what was left; true when that is nothing.
 */
export async function killHost(faults: HostFaults): Promise<boolean> {
  const host = await HostUnderTest.boot();
  try {
    const killed = await killLoop(host, faults);
    return (await tryImages(host, faults)) && killed;
  } finally {
    await host.destroy();
  }
}

async function killLoop(host: HostUnderTest, { seed, kills, interrupted }: HostFaults): Promise<boolean> {
  const loop = await KillLoop.on(host, { seed, load: loads.eachKind });
  const verdicts: KillVerdict[] = [];
  const done = (): number => verdicts.reduce((sum, verdict) => sum + verdict.kills, 0);
  const points = await hostFailpoints();
  while (done() < kills && !interrupted()) {
    const point = verdicts.length % 2 === 0 ? points[verdicts.length / 2] : undefined;
    const verdict = point === undefined ? await loop.atRandom({ children: 12, calls: 20 }) : await loop.atPoint(point);
    verdicts.push(verdict);
    const { what, leaks, milliseconds } = verdict;
    say(leaks.length === 0, `${what}: ${done()} kills (${(milliseconds / 1000).toFixed(1)} s)`);
    for (const leak of leaks) console.log(`         leak: ${leak}`);
    if (leaks.length > 0) console.log(host.log.slice(-40).join('\n'));
  }
  await loop.stop();
  const rows = [
    ['kills', done()],
    ['rounds', verdicts.length],
    ['rounds with leaks', verdicts.filter(({ leaks }) => leaks.length > 0).length],
    ['calls answered', loop.load.ends.get('answered') ?? 0],
    ['wrong data read', loop.load.wrongData.length],
  ] as const;
  console.log(`\n${rows.map(([name, count]) => `${name.padEnd(22)}${String(count).padStart(6)}`).join('\n')}`);
  console.log(`calls that failed: ${JSON.stringify(Object.fromEntries(loop.load.ends))}\n`);
  return !interrupted() && verdicts.every(({ leaks }) => leaks.length === 0);
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
