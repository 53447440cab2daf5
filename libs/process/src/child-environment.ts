import type { RunnerOptions } from './program-options.js';

const alwaysInherited = ['PATH', 'HOME', 'TMPDIR'];

/** The environment of the children of a runner: a few named variables of this process, LC_ALL=C, and what was asked for. */
export function childEnvironment(
  options: Pick<RunnerOptions<string>, 'environment' | 'inheritEnvironment'>,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const inherited = [...alwaysInherited, ...(options.inheritEnvironment ?? [])].flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', ...options.environment };
}
