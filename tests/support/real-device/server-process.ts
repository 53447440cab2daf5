import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const stopDeadlineMs = 5_000;

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
  /** SIGTERM to its process group, SIGKILL after some seconds; resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Start a server in a process group of its own, with its output in `<directory>/<name>.log`. The kernel kills it when
 * this process dies, however that happens.
 */
export function startServer({ directory, name, program, args, environment = {} }: ServerOptions): ServerProcess {
  const logPath = join(directory, `${name}.log`);
  const log = openSync(logPath, 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...environment },
  });
  closeSync(log);
  let stopping = false;
  const ended = Promise.withResolvers<undefined>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  child.once('error', (error) => {
    failed.reject(error);
    ended.resolve(undefined);
  });
  child.once('exit', (code, signal) => {
    if (!stopping) failed.reject(new Error(`${name} ended with ${String(code ?? signal)}:\n${tailOf(logPath)}`));
    ended.resolve(undefined);
  });
  return {
    name,
    logPath,
    failed: failed.promise,
    hang: () => {
      signalGroup(child.pid, 'SIGSTOP');
    },
    goOn: () => {
      signalGroup(child.pid, 'SIGCONT');
    },
    stop: async () => {
      stopping = true;
      signalGroup(child.pid, 'SIGCONT');
      signalGroup(child.pid, 'SIGTERM');
      const timer = setTimeout(() => {
        signalGroup(child.pid, 'SIGKILL');
      }, stopDeadlineMs);
      await ended.promise;
      clearTimeout(timer);
      signalGroup(child.pid, 'SIGKILL');
    },
  };
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
