import { describe, expect, test } from 'vitest';
import { createTransitions } from '../workflow/create/create-state.js';
import { noFaults, randomFaults } from './faults.js';
import { Random } from './random.js';
import { runSchedule } from './schedule.js';

const firstSeed = Number(process.env['SNAPFLEET_FAULTS_SEED'] ?? 1);
const schedules = Number(process.env['SNAPFLEET_FAULTS_SCHEDULES'] ?? 250);
// Five times what a machine needs that does nothing else.
const deadlineMs = 180_000 + schedules * 150;

const levels = ['cold', 'frozen', 'hooks', 'none'] as const;
const commonSteps = ['claim.preflight', 'volume.survey', 'snapshot.take', 'snapshot.remove'];
const ownSteps: Readonly<Record<(typeof levels)[number], readonly string[]>> = {
  cold: ['workload.quiesce', 'workload.resume'],
  frozen: ['writers.freeze', 'writers.thaw'],
  hooks: ['workload.run-hooks'],
  none: [],
};

const ofSeed = (seed: number) => ({ seed, faults: randomFaults(new Random(seed ^ 0x5eed)) });
const reproduce = (seed: number): string => `npm run faults -- --only simulation --seed ${String(seed)} --schedules 1`;

describe('the workflow of snapshot.create and group.create in simulated time', () => {
  test(
    `${String(schedules)} schedules of lost, repeated, late and reordered messages, kills, failures and cancels keep every promise`,
    { timeout: deadlineMs },
    async () => {
      const totals = {
        orchestratorKills: 0,
        operatorKills: 0,
        timersFired: 0,
        ready: 0,
        failed: 0,
        app: 0,
        fs: 0,
        crash: 0,
      };
      const broken: string[] = [];
      for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
        const result = await runSchedule(ofSeed(seed));
        totals.orchestratorKills += result.orchestratorKills;
        totals.operatorKills += result.operatorKills;
        totals.timersFired += result.timersFired;
        totals.ready += result.endings.filter((name) => name === 'snapshot.ready').length;
        totals.failed += result.endings.filter((name) => name === 'snapshot.failed').length;
        for (const grade of result.grades) totals[grade] += 1;
        if (result.violations.length > 0)
          broken.push(`seed ${String(seed)}: ${result.violations.join('; ')} (${reproduce(seed)})`);
      }
      console.log(JSON.stringify({ simulation: { firstSeed, schedules, broken: broken.length, ...totals } }));
      expect(broken).toEqual([]);
      if (schedules >= 100) expect(totals.timersFired).toBeGreaterThan(0);
    },
  );

  test('a schedule is the same whenever its seed is run', async () => {
    expect(await runSchedule(ofSeed(7))).toEqual(await runSchedule(ofSeed(7)));
  });

  test(
    'a kill of the orchestrator at each single point, in every state with effects, keeps every promise',
    { timeout: deadlineMs },
    async () => {
      const killedIn = new Set<string>();
      const once = (failsOnce: string) => ({ ...noFaults, failsOnce });
      const worlds = levels.flatMap((level) => [
        { level, faults: noFaults },
        { level, faults: { ...noFaults, cancel: 1 } },
        ...[...commonSteps, ...ownSteps[level]].map((step) => ({ level, faults: once(step) })),
      ]);
      for (const [seed, { faults, level }] of worlds.entries()) {
        const { points } = await runSchedule({ seed, faults, level, snapshots: 1, killAtPoint: 0 });
        for (let killAtPoint = 1; killAtPoint <= points; killAtPoint += 1) {
          const result = await runSchedule({ seed, faults, level, snapshots: 1, killAtPoint });
          expect(result.violations, `seed ${String(seed)}, ${level}, point ${String(killAtPoint)}`).toEqual([]);
          result.killedIn.forEach((kill) => killedIn.add(kill));
        }
      }
      const phases = Object.entries(createTransitions).filter(([, { steps }]) => steps.length > 0);
      for (const [phase] of phases) {
        expect([...killedIn]).toEqual(
          expect.arrayContaining([`${phase}: before the call`, `${phase}: after the call`]),
        );
      }
    },
  );

  test.each([
    ['a workload that stays down', /^the workload has 0/, 'cold', 1],
    ['a snapshot that stays behind', /left its snapshot/, 'cold', 1],
    ['a hook that holds the application', /^a hook still holds/, 'hooks', 1],
    ['a grade that is not true', /is told as fs-consistent/, 'frozen', 0],
  ] as const)(
    'without the fences against late commands and early thaws the simulation finds %s',
    { timeout: deadlineMs },
    async (_what, expected, level, cancel) => {
      const faults = { ...noFaults, late: 0.4, duplicate: 0.5, cancel, operatorKill: 0.02 };
      const found: string[] = [];
      for (let seed = 1; seed <= 500 && found.length === 0; seed += 1) {
        const { violations } = await runSchedule({ seed, faults, level, weak: { unfenced: true } });
        found.push(...violations.filter((violation) => expected.test(violation)));
      }
      expect(found).not.toEqual([]);
    },
  );

  test.each([
    ['cold', /is told as app-consistent/],
    ['frozen', /is told as fs-consistent/],
    ['hooks', /is told as app-consistent/],
  ] as const)(
    'without the look after the cut the simulation finds a grade that is not true: %s',
    { timeout: deadlineMs },
    async (level, expected) => {
      const faults = { ...noFaults, outsiders: 0.8 };
      const found: string[] = [];
      for (let seed = 1; seed <= 500 && found.length === 0; seed += 1) {
        const { violations } = await runSchedule({ seed, faults, level, weak: { blind: true } });
        found.push(...violations.filter((violation) => expected.test(violation)));
        const { violations: seen } = await runSchedule({ seed, faults, level });
        expect(seen, `seed ${String(seed)}`).toEqual([]);
      }
      expect(found).not.toEqual([]);
    },
  );
});
