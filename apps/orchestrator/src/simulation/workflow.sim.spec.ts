import { describe, expect, test } from 'vitest';
import { createTransitions } from '../workflow/create-snapshot.state.js';
import { noFaults, randomFaults } from './faults.js';
import { Random } from './random.js';
import { runSchedule } from './schedule.js';

const firstSeed = Number(process.env['SNAPFLEET_FAULTS_SEED'] ?? 1);
const schedules = Number(process.env['SNAPFLEET_FAULTS_SCHEDULES'] ?? 1000);
const deadlineMs = 60_000 + schedules * 60;

const ofSeed = (seed: number) => ({ seed, faults: randomFaults(new Random(seed ^ 0x5eed)) });
const reproduce = (seed: number): string => `npm run faults -- --only simulation --seed ${String(seed)} --schedules 1`;

describe('the workflow of snapshot.create in simulated time', () => {
  test(
    `${String(schedules)} schedules of lost, repeated, late and reordered messages, kills, failures and cancels keep every promise`,
    { timeout: deadlineMs },
    async () => {
      const totals = { orchestratorKills: 0, operatorKills: 0, timersFired: 0, ready: 0, failed: 0 };
      const broken: string[] = [];
      for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
        const result = await runSchedule(ofSeed(seed));
        totals.orchestratorKills += result.orchestratorKills;
        totals.operatorKills += result.operatorKills;
        totals.timersFired += result.timersFired;
        totals.ready += result.endings.filter((name) => name === 'snapshot.ready').length;
        totals.failed += result.endings.filter((name) => name === 'snapshot.failed').length;
        if (result.violations.length > 0)
          broken.push(`seed ${String(seed)}: ${result.violations.join('; ')} (${reproduce(seed)})`);
      }
      console.log(JSON.stringify({ simulation: { firstSeed, schedules, broken: broken.length, ...totals } }));
      expect(broken).toEqual([]);
      expect(totals.timersFired).toBeGreaterThan(0);
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
      const worlds = [
        noFaults,
        ...Object.values(createTransitions).map(({ step }) => once(step)),
        { ...noFaults, cancel: 1 },
      ];
      for (const [seed, faults] of worlds.entries()) {
        const { points } = await runSchedule({ seed, faults, snapshots: 1, killAtPoint: 0 });
        for (let killAtPoint = 1; killAtPoint <= points; killAtPoint += 1) {
          const result = await runSchedule({ seed, faults, snapshots: 1, killAtPoint });
          expect(result.violations, `seed ${String(seed)}, point ${String(killAtPoint)}`).toEqual([]);
          result.killedIn.forEach((kill) => killedIn.add(kill));
        }
      }
      const phases = Object.entries(createTransitions).filter(([, { step }]) => step !== 'end' && step !== 'wait');
      for (const [phase] of phases) {
        expect([...killedIn]).toEqual(
          expect.arrayContaining([`${phase}: before the call`, `${phase}: after the call`]),
        );
      }
    },
  );

  test.each([
    ['a workload that stays down', /^the workload has 0/],
    ['a snapshot that stays behind', /left its snapshot/],
  ])(
    'without the fences against late commands the simulation finds %s',
    { timeout: deadlineMs },
    async (_what, expected) => {
      const faults = { ...noFaults, late: 0.4, duplicate: 0.5, cancel: 1, operatorKill: 0.02 };
      const found: string[] = [];
      for (let seed = 1; seed <= 500 && found.length === 0; seed += 1) {
        const { violations } = await runSchedule({ seed, faults, unfenced: true });
        found.push(...violations.filter((violation) => expected.test(violation)));
      }
      expect(found).not.toEqual([]);
    },
  );
});
