import type { FaultVerdict } from './try-fault.js';

/** The numbers that count; the last three have to be 0. */
export interface FaultTotals {
  readonly tried: number;
  readonly survived: number;
  readonly dataLost: number;
  readonly workloadsDown: number;
  readonly leaks: number;
}

export const problemsOf = ({ wrongEnds, dataLost, workloadsDown, leaks }: FaultVerdict): string[] => [
  ...wrongEnds.map((text) => `wrong end: ${text}`),
  ...dataLost.map((text) => `data lost: ${text}`),
  ...workloadsDown.map((text) => `workload down: ${text}`),
  ...leaks.map((text) => `leak: ${text}`),
];

export function totalsOf(verdicts: readonly FaultVerdict[]): FaultTotals {
  const sum = (field: 'dataLost' | 'workloadsDown' | 'leaks'): number =>
    verdicts.reduce((total, verdict) => total + verdict[field].length, 0);
  return {
    tried: verdicts.length,
    survived: verdicts.filter((verdict) => problemsOf(verdict).length === 0).length,
    dataLost: sum('dataLost'),
    workloadsDown: sum('workloadsDown'),
    leaks: sum('leaks'),
  };
}

/** The table for people. */
export function tableOf(verdicts: readonly FaultVerdict[]): string {
  const { tried, survived, dataLost, workloadsDown, leaks } = totalsOf(verdicts);
  const rows = [
    ['faults tried', tried],
    ['survived', survived],
    ['data lost', dataLost],
    ['workloads left down', workloadsDown],
    ['leaks', leaks],
  ] as const;
  return rows.map(([name, count]) => `${name.padEnd(22)}${String(count).padStart(6)}`).join('\n');
}
