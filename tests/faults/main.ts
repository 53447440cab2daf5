/**
 * Injects faults and prints what became of them: `npm run faults -- [--seed N] [--schedules N] [--count N] [--kills N]
 * [--guests N] [--images N] [--only PART]`. Ends with 1 when something was lost, left down or left behind. The part `host` runs on its own
 * only: `--only host`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { chooseFaults } from './choose-faults.js';
import { FaultBench } from './fault-bench.js';
import { allFaults } from './fault-list.js';
import { problemsOf, tableOf } from './fault-table.js';
import { killHost } from './kill-host.js';
import { type FaultVerdict, tryFault } from './try-fault.js';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const usage =
  'usage: npm run faults -- [--seed N] [--schedules N] [--count N] [--kills N] [--guests N] [--images N] [--only simulation|device|host]';

interface Options {
  readonly seed: number;
  readonly schedules: number;
  readonly count: number;
  readonly kills: number;
  readonly guests: number;
  readonly images: number;
  readonly only: string | undefined;
}

function options(): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { seed: text, schedules: text, count: text, kills: text, guests: text, images: text, only: text },
  });
  const number = (given: string | undefined, otherwise: number): number => {
    const value = given === undefined ? otherwise : Number(given);
    if (Number.isInteger(value) && value > 0) return value;
    throw new Error(`not a whole number above 0: ${String(given)}`);
  };
  if (values.only !== undefined && !['simulation', 'device', 'host'].includes(values.only))
    throw new Error(`no such part: ${values.only}`);
  return {
    seed: number(values.seed, 1),
    schedules: number(values.schedules, 20_000),
    count: number(values.count, Number.MAX_SAFE_INTEGER),
    kills: number(values.kills, 200),
    guests: number(values.guests, 1),
    images: number(values.images, 40),
    only: values.only,
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

async function injectAll(seed: number, count: number): Promise<boolean> {
  const faults = chooseFaults(await allFaults(), count, seed);
  const bench = await FaultBench.on(await startOnEmbeddedDevice({ faultyApi: true }));
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

function readOptions(): ReturnType<typeof options> {
  try {
    return options();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

const { seed, schedules, count, kills, guests, images, only } = readOptions();
if (only === 'host') {
  const passed = runTests(['faults-host']);
  process.exitCode =
    (await killHost({ seed, kills, guests, images, interrupted: () => interrupted })) && passed ? 0 : 1;
} else {
  const kept = only === 'device' || simulate(seed, schedules);
  const survived = only === 'simulation' || (await injectAll(seed, count));
  process.exitCode = kept && survived ? 0 : 1;
}
