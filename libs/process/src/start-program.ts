import { placeOf } from './child-environment.js';
import { execa, type Options } from 'execa';
import { ProgramError } from './program-error.js';
import type { ProgramEnd, RunningProgram, StartOptions } from './program-options.js';

const orderlyMs = 5_000;

/**
 * Starts a program that runs until it is stopped. Its standard input is a pipe that this process holds, so a program
 * that reads it notices the death of this process.
 */
export async function startProgram(
  program: string,
  argv: readonly string[],
  options: StartOptions,
): Promise<RunningProgram> {
  options.signal?.throwIfAborted();
  const child = execa(program, argv, execaOptions(options));
  const ended = child.then((result): ProgramEnd => ({ exitCode: result.exitCode, signal: result.signal }));
  const { pid } = child;
  if (pid === undefined) {
    const result = await child;
    throw new ProgramError({
      program,
      argv,
      reason: `could not be started (${result.code ?? 'unknown'})`,
      cause: result.cause,
    });
  }
  child.stdin.on('error', () => undefined);
  return {
    pid,
    ended,
    write: (text) => {
      child.stdin.write(text);
    },
    stop: async ({ forceAfterMs = orderlyMs } = {}) => {
      if (forceAfterMs === 0) child.kill('SIGKILL');
      else child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), forceAfterMs);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function execaOptions(options: StartOptions) {
  return {
    stdin: 'pipe',
    stdout: lines(options.onStdoutLine),
    stderr: lines(options.onStderrLine),
    ...placeOf(options),
    extendEnv: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    forceKillAfterDelay: orderlyMs,
    reject: false,
  } as const satisfies Options;
}

function lines(onLine: ((line: string) => void) | undefined) {
  if (onLine === undefined) return 'ignore' as const;
  // eslint-disable-next-line require-yield -- the lines are handed over, not kept
  return function* (line: unknown): Generator<never, void, unknown> {
    onLine(String(line));
  };
}
