import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const stopDeadlineMs = 5_000;
/** As the units of systemd have it. */
export const restartPauseMs = 1_000;

export interface ServerOptions {
  /** Working directory, and where its log goes. */
  readonly directory: string;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** All its variables beside PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** A server that runs until it is stopped. */
export interface ServerProcess {
  readonly name: string;
  readonly logPath: string;
  /** Rejects with the end of its log when the server ends by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Stops it in its tracks, as a server that hangs, until it is told to go on. */
  hang(): void;
  goOn(): void;
  /** From now on it is started again whenever it ends, as systemd or a kubelet does; `failed` says nothing any more. */
  keepRunning(): void;
  /** SIGKILL to its process group; resolves when it has ended. It stays down where `keepRunning` was not asked for. */
  kill9(): Promise<void>;
  /** SIGKILL to its process group, as by a power cut; it stays down until `start`. */
  cut(): Promise<void>;
  /** Starts it again after `cut`. */
  start(): void;
  /** SIGTERM to its process group, SIGKILL after some seconds; resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Start a server in a process group of its own, with its output in `<directory>/<name>.log`. The kernel kills it when
 * this process dies, however that happens.
 */
export function startServer(options: ServerOptions): ServerProcess {
  return new Server(options);
}

class Server implements ServerProcess {
  readonly name: string;
  readonly logPath: string;
  readonly failed: Promise<never>;
  readonly #fail: (error: Error) => void;
  readonly #options: ServerOptions;
  #run: ServerRun;
  #wanted = true;
  #isKept = false;

  constructor(options: ServerOptions) {
    this.name = options.name;
    this.logPath = join(options.directory, `${options.name}.log`);
    this.#options = options;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    this.failed = failed.promise;
    this.#fail = failed.reject;
    this.#run = this.#launch();
  }

  hang(): void {
    signalGroup(this.#run.pid, 'SIGSTOP');
  }

  goOn(): void {
    signalGroup(this.#run.pid, 'SIGCONT');
  }

  keepRunning(): void {
    this.#isKept = true;
  }

  async kill9(): Promise<void> {
    const { pid, ended } = this.#run;
    signalGroup(pid, 'SIGKILL');
    await ended;
  }

  async cut(): Promise<void> {
    this.#wanted = false;
    await this.kill9();
  }

  start(): void {
    this.#wanted = true;
    this.#run = this.#launch();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    const { pid, ended } = this.#run;
    signalGroup(pid, 'SIGCONT');
    signalGroup(pid, 'SIGTERM');
    const timer = setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
    }, stopDeadlineMs);
    await ended;
    clearTimeout(timer);
    signalGroup(pid, 'SIGKILL');
  }

  #launch(): ServerRun {
    const run = launch(this.#options, this.logPath);
    void run.ended.then((why) => {
      if (!this.#wanted) return;
      if (!this.#isKept) this.#fail(new Error(`${this.name} ended with ${why}:\n${tailOf(this.logPath)}`));
      else this.#startAfter(run);
    });
    return run;
  }

  #startAfter(run: ServerRun): void {
    setTimeout(() => {
      if (this.#wanted && this.#run === run) this.#run = this.#launch();
    }, restartPauseMs).unref();
  }
}

interface ServerRun {
  readonly pid: number | undefined;
  /** How it ended. */
  readonly ended: Promise<string>;
}

function launch({ directory, program, args, environment = {} }: ServerOptions, logPath: string): ServerRun {
  const log = openSync(logPath, 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...environment },
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(String(code ?? signal));
    });
  });
  return { pid: child.pid, ended };
}

/** The last lines of a log, for error messages. */
export function tailOf(logPath: string): string {
  return readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
