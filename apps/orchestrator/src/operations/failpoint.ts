import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Called before and after the step of each state; the workflow goes on when it resolves. */
export type Failpoint = (phase: string, moment: 'before' | 'after') => Promise<void>;

const holdMs = 1500;
const standardOutput = 1;

/** What the setting looks like: `<phase>:<before|after>:<kill|hold|tell>`, several with commas between. */
export const failpointPattern = /^[a-z-]+:(before|after):(kill|hold|tell)(,[a-z-]+:(before|after):(kill|hold|tell))*$/;

/**
 * For fault tests: at each named point, once, a line on standard output, and then `kill` ends this process as `kill -9`
 * does, `hold` waits 1.5 s, `tell` goes on.
 */
export function failpointOf(setting: string): Failpoint {
  const planned = new Map(
    setting.split(',').map((point): [string, string] => {
      const [phase = '', moment = '', action = ''] = point.split(':');
      return [`${phase}:${moment}`, action];
    }),
  );
  return async (phase, moment) => {
    const point = `${phase}:${moment}`;
    const action = planned.get(point);
    if (action === undefined) return;
    planned.delete(point);
    // Written at once, for the process may end here.
    writeSync(standardOutput, `${JSON.stringify({ event: 'failpoint.reached', point, action })}\n`);
    if (action === 'kill') process.kill(process.pid, 'SIGKILL');
    if (action === 'hold') await sleep(holdMs);
  };
}
