import { execa, type Options } from 'execa';
import { childEnvironment, placeOf } from './child-environment.js';
import { ProgramError } from './program-error.js';
import type { ProgramResult, ProgramRunner, RunnerOptions, RunOptions } from './program-options.js';
import { startProgram } from './start-program.js';

const defaultOutputLimit = 16 << 20;

/** Makes a runner for a closed list of programs. A program outside the list is refused before anything is started. */
export function createProgramRunner<const Program extends string>(
  options: RunnerOptions<Program>,
): ProgramRunner<Program> {
  const allowed = new Set<string>(options.allowed);
  const environment = childEnvironment(options);
  const check = (program: Program, argv: readonly string[]): void => {
    if (!allowed.has(program))
      throw new ProgramError({ program, argv, reason: 'is not on the list of programs of this service' });
    if (argv.some((argument) => argument.includes('\0')))
      throw new ProgramError({ program, argv, reason: 'was given an argument with a NUL character' });
  };
  return {
    run: async (program, argv, runOptions) => {
      check(program, argv);
      return await runProgram(program, argv, withEnvironment(runOptions, environment));
    },
    start: async (program, argv, startOptions = {}) => {
      check(program, argv);
      return await startProgram(program, argv, withEnvironment(startOptions, environment));
    },
  };
}

function withEnvironment<T extends { readonly environment?: Readonly<Record<string, string>> }>(
  options: T,
  environment: Readonly<Record<string, string>>,
): T & { readonly environment: Readonly<Record<string, string>> } {
  return { ...options, environment: { ...environment, ...options.environment } };
}

async function runProgram(program: string, argv: readonly string[], options: RunOptions): Promise<ProgramResult> {
  options.signal?.throwIfAborted();
  const running = execa(program, argv, execaOptions(options)).then((result) => {
    const failure = failureOf(result, options);
    if (failure === undefined)
      return { exitCode: result.exitCode ?? 0, stdout: text(result.stdout), stderr: text(result.stderr) };
    throw new ProgramError({ program, argv, ...failure });
  });
  return options.onDeadline === 'leave' ? await leaveAtDeadline(running, program, argv, options) : await running;
}

// The lines or chunks are handed over, not kept.
function stdoutOption({ onStdoutLine, onStdoutChunk }: RunOptions) {
  const handOver = (hand: (output: unknown) => void) =>
    // eslint-disable-next-line require-yield -- nothing is kept
    function* (output: unknown): Generator<never, void, unknown> {
      hand(output);
    };
  if (onStdoutChunk !== undefined)
    return {
      stdout: { transform: handOver((chunk) => chunk instanceof Uint8Array && onStdoutChunk(chunk)), binary: true },
    } as const;
  return onStdoutLine === undefined
    ? {}
    : {
        stdout: handOver((line) => {
          onStdoutLine(String(line));
        }),
      };
}

function execaOptions(options: RunOptions) {
  const leave = options.onDeadline === 'leave';
  return {
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...placeOf(options),
    extendEnv: false,
    ...stdoutOption(options),
    maxBuffer: options.outputLimit ?? defaultOutputLimit,
    reject: false,
    ...(leave
      ? { detached: true, cleanup: false }
      : {
          timeout: options.deadlineMs,
          killDescendants: true,
          ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
        }),
  } as const satisfies Options;
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly isMaxBuffer: boolean;
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
  readonly cause?: unknown;
  readonly failed: boolean;
}

function failureOf(result: Ended, options: RunOptions) {
  const expected = options.acceptExitCodes ?? [0];
  const { exitCode } = result;
  const stopped = result.timedOut || result.isCanceled || result.isMaxBuffer || result.signal !== undefined;
  if (!stopped && exitCode !== undefined && expected.includes(exitCode) && result.cause === undefined) return undefined;
  return {
    exitCode,
    signal: result.signal,
    stdout: text(result.stdout),
    stderr: text(result.stderr),
    timedOut: result.timedOut,
    aborted: result.isCanceled,
    outputLimitExceeded: result.isMaxBuffer,
    reason: reasonOf(result, options),
    cause: result.cause,
  };
}

function reasonOf(result: Ended, options: RunOptions): string {
  if (result.timedOut) return `did not end within ${String(options.deadlineMs)} ms`;
  if (result.isCanceled) return 'was cancelled';
  if (result.isMaxBuffer) return 'said more than its output limit';
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  if (result.exitCode === undefined) return `could not be run (${result.code ?? result.originalMessage ?? 'unknown'})`;
  return `ended with exit code ${String(result.exitCode)}`;
}

async function leaveAtDeadline(
  running: Promise<ProgramResult>,
  program: string,
  argv: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  const ended = running.then(
    () => undefined,
    () => undefined,
  );
  const given = Promise.withResolvers<never>();
  const giveUp = (timedOut: boolean) => (): void => {
    const reason = timedOut
      ? `did not end within ${String(options.deadlineMs)} ms and runs on`
      : 'was given up and runs on';
    given.reject(new ProgramError({ program, argv, reason, timedOut, aborted: !timedOut, ended }));
  };
  const timer = setTimeout(giveUp(true), options.deadlineMs);
  const abort = giveUp(false);
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([running, given.promise]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

const text = (output: unknown): string => (typeof output === 'string' ? output : '');
