/** What a runner may start, and with which environment. */
export interface RunnerOptions<Program extends string> {
  /** The closed list of programs: names that are looked up in PATH, or absolute paths. */
  readonly allowed: readonly Program[];
  /** Variables for every program; `LC_ALL=C` unless overridden, so that output can be parsed. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Names of variables of this process that programs may see besides PATH, HOME and TMPDIR. */
  readonly inheritEnvironment?: readonly string[];
}

interface ProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Ends the process: SIGTERM, SIGKILL after 5 s. */
  readonly signal?: AbortSignal;
  /** Called for each line; the output is then not kept, so it may be of any length. */
  readonly onStdoutLine?: (line: string) => void;
}

/** How one program is run to its end. */
export interface RunOptions extends ProcessOptions {
  readonly deadlineMs: number;
  /** Written to the standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array;
  /** Called with the output as it comes, for output that is not UTF-8; it is then not kept. Not with `onStdoutLine`. */
  readonly onStdoutChunk?: (chunk: Uint8Array) => void;
  /** Exit codes that are a success; default 0 alone. */
  readonly acceptExitCodes?: readonly number[];
  /** Most characters that each of stdout and stderr may have; default 16 Mi. More ends the process. */
  readonly outputLimit?: number;
  /**
   * What happens to the process at the deadline or on abort. `leave`: it runs on, for programs that must not be
   * signalled in the middle of their work; `ProgramError.ended` tells when it is over.
   */
  readonly onDeadline?: 'terminate' | 'leave';
}

/** How a long-lived program is started. */
export interface StartOptions extends ProcessOptions {
  readonly onStderrLine?: (line: string) => void;
}

/** What a program said. */
export interface ProgramResult {
  readonly exitCode: number;
  /** Without the last newline; empty with `onStdoutLine` or `onStdoutChunk`. */
  readonly stdout: string;
  readonly stderr: string;
}

/** How a long-lived program ended. */
export interface ProgramEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** A long-lived child. It is told to end when this process ends in an orderly way. */
export interface RunningProgram {
  readonly pid: number;
  /** Resolves, never rejects, when the process has ended. */
  readonly ended: Promise<ProgramEnd>;
  /** Writes to its standard input, which stays open until `stop` or the end of this process. */
  write(text: string): void;
  /** Ends it (SIGTERM, SIGKILL after `forceAfterMs`, default 5 s; 0 is SIGKILL at once) and waits for the end. */
  stop(options?: { readonly forceAfterMs?: number }): Promise<ProgramEnd>;
}

/** Starts programs of a closed list; the only way to do so in a service of a device. */
export interface ProgramRunner<Program extends string = string> {
  /**
   * Runs a program to its end. No shell is involved.
   * @throws {ProgramError} when it cannot be started, ends with another exit code, or is over its limits.
   */
  run(program: Program, argv: readonly string[], options: RunOptions): Promise<ProgramResult>;
  /**
   * Starts a program that runs until it is stopped.
   * @throws {ProgramError} when it cannot be started.
   */
  start(program: Program, argv: readonly string[], options?: StartOptions): Promise<RunningProgram>;
}
