import { writeSync } from 'node:fs';

/** Where in an effect: before it, while its program runs, after it. */
export type FailpointMoment = 'before' | 'during' | 'after';

/** Called around each effect, by its name; the effect goes on when it returns. */
export type Failpoint = (effect: string, moment: FailpointMoment) => void;

const standardOutput = 1;
const signals: Readonly<Record<string, NodeJS.Signals>> = { kill: 'SIGKILL', stop: 'SIGSTOP' };

/** What the setting looks like: `<effect>:<before|during|after>:<kill|stop>`, several with commas between. */
export const failpointPattern =
  /^[a-z-]+:(before|during|after):(kill|stop)(,[a-z-]+:(before|during|after):(kill|stop))*$/;

/** What services run with. */
export const noFailpoint: Failpoint = () => undefined;

/**
 * For fault tests: at each named point, once, a line on standard output, and then `kill` ends this process as `kill -9`
 * does, and `stop` stops it until it gets SIGCONT.
 */
export function failpointOf(setting: string): Failpoint {
  const planned = new Map(
    setting.split(',').map((point): [string, string] => {
      const end = point.lastIndexOf(':');
      return [point.slice(0, end), point.slice(end + 1)];
    }),
  );
  return (effect, moment) => {
    const point = `${effect}:${moment}`;
    const signal = signals[planned.get(point) ?? ''];
    if (signal === undefined) return;
    planned.delete(point);
    // Written at once, for the process may end here.
    writeSync(standardOutput, `${JSON.stringify({ event: 'failpoint.reached', point })}\n`);
    process.kill(process.pid, signal);
  };
}
