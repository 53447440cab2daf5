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

/**
 * Environment and working directory of a child. PWD repeats the directory as it was named: a program that asks the kernel
 * for its path gets, for a directory of another mount namespace, one that does not exist in its own.
 */
export function placeOf({ environment, workingDirectory }: ChildPlace): { env?: Record<string, string>; cwd?: string } {
  if (workingDirectory === undefined) return environment === undefined ? {} : { env: { ...environment } };
  return { env: { ...environment, PWD: workingDirectory }, cwd: workingDirectory };
}

interface ChildPlace {
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}
