/**
 * The services of a device as processes, each as the user that it has on a device: host-lvm as root, backup-worker and
 * restore-verifier as an ordinary user with the right to read and to restore owners, the others without any right.
 *
 *   const place = hostPlace(workDirectory);                 // processes on this machine; guestPlace(...) in a guest
 *   const service = await place.start('orchestrator', { SNAPFLEET_DEVICE: 'edge-1', ... });
 *   await service.stop();                                   // SIGTERM, and an orderly end;  service.kill9() is the other way
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, statSync, type WriteStream } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Guest } from './uml/guest.js';

export const services = [
  'orchestrator',
  'cluster-operator',
  'workload-guard',
  'host-lvm',
  'backup-worker',
  'restore-verifier',
  'device-simulator',
] as const;
export type ServiceName = (typeof services)[number];

/** The user of all services but host-lvm; no account is needed for it. */
export const serviceUid = 64738;

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const readCapability = 'dac_read_search';
const restoreCapabilities = [readCapability, 'dac_override', 'chown', 'fowner', 'fsetid', 'setfcap', 'mknod'];
const startDeadlineMs = 120_000;

/** A service that has said that it runs. */
export interface RunningService {
  readonly name: ServiceName;
  /** Everything it wrote, line by line, so far. */
  readonly log: readonly string[];
  readonly httpPort: number;
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

/** Where services run. */
export interface ServicePlace {
  start(name: ServiceName, environment: Readonly<Record<string, string>>): Promise<RunningService>;
}

/** The program and arguments that start a service as its own user. */
export function commandOf(name: ServiceName): readonly [string, ...string[]] {
  const program = [process.execPath, join(checkout, 'apps', name, 'dist', 'main.js')];
  const dies = ['setpriv', '--pdeathsig', 'KILL'] as const;
  if (name === 'host-lvm' || name === 'device-simulator') return [...dies, ...program];
  const capabilities =
    name === 'backup-worker' || name === 'restore-verifier'
      ? restoreCapabilities
      : othersMayRead()
        ? []
        : [readCapability];
  const given = capabilities.map((capability) => `+${capability}`).join(',');
  const user = [`--reuid=${serviceUid}`, `--regid=${serviceUid}`, '--clear-groups'];
  const rights = given === '' ? ['--inh-caps=-all'] : [`--inh-caps=-all,${given}`, `--ambient-caps=-all,${given}`];
  return ['setpriv', ...user, ...rights, '--bounding-set=-sys_admin', '--pdeathsig', 'KILL', ...program];
}

/** Whether an ordinary user can read the checkout; under /root it cannot, and services then get the right to read. */
function othersMayRead(): boolean {
  for (let directory = checkout; directory !== parse(directory).root; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

/** Services as processes on this machine, with a log file each in `workDirectory`. */
export function hostPlace(workDirectory: string): ServicePlace {
  mkdirSync(workDirectory, { recursive: true });
  return {
    start: async (name, environment) => {
      const [program, ...args] = commandOf(name);
      const child = spawn(program, args, {
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...environmentOf(), ...environment },
      });
      const watch = new StartWatch(name, join(workDirectory, `${name}.log`));
      for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', watch.line);
      child.once('error', watch.ended);
      child.once('exit', watch.ended);
      const kill = (signal: NodeJS.Signals) => end(child, signal);
      return watch.service(kill);
    },
  };
}

/** Services as processes in a guest. The guest sees this machine's files, so that their programs are the same. */
export function guestPlace(guest: Guest, workDirectory: string): ServicePlace {
  mkdirSync(workDirectory, { recursive: true });
  return {
    start: async (name, environment) => {
      const [program, ...args] = commandOf(name);
      const watch = new StartWatch(name, join(workDirectory, `${name}.log`));
      const running = await guest.start(program, args, {
        workingDirectory: '/',
        env: { ...environmentOf(), ...environment },
        onLine: watch.line,
      });
      running.ended.then(watch.ended, watch.ended);
      return watch.service(async (signal) => {
        running.kill(signal);
        await running.ended.catch(() => undefined);
      });
    },
  };
}

const environmentOf = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', SNAPFLEET_HTTP_PORT: '0' });

/** Reads what a service writes until it says that it has started. */
class StartWatch {
  private readonly log: string[] = [];
  private readonly file: WriteStream;
  private readonly port = Promise.withResolvers<number>();

  constructor(
    private readonly name: ServiceName,
    logFile: string,
  ) {
    this.file = createWriteStream(logFile, { flags: 'a' });
    this.port.promise.catch(() => undefined);
  }

  readonly line = (line: string): void => {
    this.log.push(line);
    this.file.write(`${line}\n`);
    const port = startedPort(line);
    if (port !== undefined) this.port.resolve(port);
  };

  readonly ended = (why: unknown): void => {
    this.port.reject(new Error(`${this.name} ended (${String(why)}) before it was ready:\n${this.lastLines()}`));
  };

  async service(kill: (signal: NodeJS.Signals) => Promise<void>): Promise<RunningService> {
    const timer = setTimeout(() => {
      this.port.reject(new Error(`${this.name} was not ready within ${startDeadlineMs} ms:\n${this.lastLines()}`));
    }, startDeadlineMs);
    try {
      const httpPort = await this.port.promise;
      return { name: this.name, log: this.log, httpPort, stop: () => kill('SIGTERM'), kill9: () => kill('SIGKILL') };
    } catch (error) {
      await kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private lastLines(): string {
    return this.log.slice(-20).join('\n');
  }
}

/** The port in the log line with which a service says that it has started. */
export function startedPort(line: string): number | undefined {
  if (!line.includes('"service.started"')) return undefined;
  const { httpPort } = JSON.parse(line) as { httpPort?: unknown };
  return typeof httpPort === 'number' ? httpPort : undefined;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.kill(signal);
  });
}
