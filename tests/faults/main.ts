/**
 * Injects faults and prints what became of them: `npm run faults -- [--seed N] [--schedules N] [--count N] [--kills N]
 * [--guests N] [--images N] [--only PART] [--match TEXT]`. Ends with 1 when something was lost, left down or left behind. The parts `host`
 * and `real` run on their own only: `--only host`, `--only real`. With `--match` those injections are chosen from whose name
 * has the text.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { startOnRealDevice } from '../support/on-real-device.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { chooseFaults } from './choose-faults.js';
import { deviceForFaults, FaultBench } from './fault-bench.js';
import { allFaults, type Fault, nameOfFault } from './fault-list.js';
import { problemsOf, tableOf } from './fault-table.js';
import { killHost } from './kill-host.js';
import { chooseInTurn, realFaults } from './real-fault-list.js';
import { type FaultVerdict, tryFault } from './try-fault.js';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const usage =
  'usage: npm run faults -- [--seed N] [--schedules N] [--count N] [--kills N] [--guests N] [--images N]' +
  ' [--only simulation|device|host|real] [--match TEXT]';
const parts = ['simulation', 'device', 'host', 'real'];

interface Options {
  readonly seed: number;
  readonly schedules: number;
  readonly count: number;
  readonly kills: number;
  readonly guests: number;
  readonly images: number;
  readonly only: string | undefined;
  readonly match: string;
}

function options(): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      seed: text,
      schedules: text,
      count: text,
      kills: text,
      guests: text,
      images: text,
      only: text,
      match: text,
    },
  });
  const number = (given: string | undefined, otherwise: number): number => {
    const value = given === undefined ? otherwise : Number(given);
    if (Number.isInteger(value) && value > 0) return value;
    throw new Error(`not a whole number above 0: ${String(given)}`);
  };
  if (values.only !== undefined && !parts.includes(values.only)) throw new Error(`no such part: ${values.only}`);
  return {
    seed: number(values.seed, 1),
    schedules: number(values.schedules, 20_000),
    count: number(values.count, Number.MAX_SAFE_INTEGER),
    kills: number(values.kills, 200),
    guests: number(values.guests, 1),
    images: number(values.images, 40),
    only: values.only,
    match: values.match ?? '',
  };
}

function runTests(project: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', ...project], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status === 0;
}

/** The simulation is a unit test; it prints its own line and the seed of what fails. */
function simulate(seed: number, schedules: number): boolean {
  return runTests(['unit', 'apps/orchestrator/src/simulation'], {
    SNAPFLEET_FAULTS_SEED: String(seed),
    SNAPFLEET_FAULTS_SCHEDULES: String(schedules),
  });
}

let interrupted = false;
// Everything that was started has to be stopped; the fault that is being tried comes to its end first.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true;
    console.log('Stops after this fault; again to stop at once.');
  });
}

/** What is injected, and where. */
interface Injection {
  readonly faults: readonly Fault[];
  readonly start: () => Promise<SnapfleetDevice>;
}

const intoEmbeddedDevice = async ({ seed, count, match }: Options): Promise<Injection> => ({
  faults: chooseFaults(named(await allFaults(), match), count, seed),
  start: () => startOnEmbeddedDevice(deviceForFaults),
});

const intoRealDevice = async ({ seed, count, match }: Options): Promise<Injection> => ({
  faults: chooseInTurn(named(await realFaults(), match), count, seed),
  start: startOnRealDevice,
});

function named(faults: readonly Fault[], match: string): Fault[] {
  const found = faults.filter((fault) => nameOfFault(fault).includes(match));
  if (found.length === 0) throw new Error(`no fault has "${match}" in its name`);
  return found;
}

async function injectAll({ faults, start }: Injection): Promise<boolean> {
  const bench = await FaultBench.on(await start());
  const verdicts: FaultVerdict[] = [];
  try {
    for (const fault of faults) {
      if (interrupted) break;
      const verdict = await tryFault(bench, fault);
      verdicts.push(verdict);
      const problems = problemsOf(verdict);
      console.log(
        `${problems.length === 0 ? 'survived' : 'FAILED  '} ${verdict.fault} (${(verdict.milliseconds / 1000).toFixed(1)} s)`,
      );
      for (const problem of problems) console.log(`         ${problem}`);
      if (problems.length > 0) console.log(bench.snapfleet.lastLogLines());
    }
  } finally {
    await bench.stop();
  }
  console.log(`\n${tableOf(verdicts)}`);
  return !interrupted && verdicts.every((verdict) => problemsOf(verdict).length === 0);
}

function readOptions(): Options {
  try {
    return options();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

const chosen = readOptions();
const { seed, schedules, kills, guests, images, only } = chosen;
if (only === 'host') {
  const passed = runTests(['faults-host']);
  process.exitCode =
    (await killHost({ seed, kills, guests, images, interrupted: () => interrupted })) && passed ? 0 : 1;
} else if (only === 'real') {
  process.exitCode = (await injectAll(await intoRealDevice(chosen))) ? 0 : 1;
} else {
  const kept = only === 'device' || simulate(seed, schedules);
  const survived = only === 'simulation' || (await injectAll(await intoEmbeddedDevice(chosen)));
  process.exitCode = kept && survived ? 0 : 1;
}
