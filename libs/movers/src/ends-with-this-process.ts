/**
 * Arguments of setpriv(1) before a program that must not outlive this process: one that was left behind by a killed
 * worker would still write to the place where the next one works.
 */
export const endsWithThisProcess = ['--pdeathsig', 'KILL', '--'] as const;
