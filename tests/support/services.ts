/**
 * The services of a device as processes, each as the user that it has on a device: host-lvm as root, backup-worker and
 * restore-verifier as an ordinary user with the right to read and to restore owners, the others without any right.
 *
 *   const place = hostPlace(workDirectory);                 // processes on this machine; guestPlace(...) in a guest
 *   const service = await place.start('orchestrator', { SNAPFLEET_DEVICE: 'edge-1', ... });
 *   await service.stop();                                   // SIGTERM, and an orderly end;  service.kill9() is the other way
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StartWatch } from './start-watch.js';

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
const restoreCapabilities = ['dac_override', 'chown', 'fowner', 'fsetid', 'setfcap', 'mknod'];

/** A service that has said that it runs. */
export interface RunningService {
  readonly name: ServiceName;
  /** Everything it wrote, line by line, so far. */
  readonly log: readonly string[];
  readonly httpPort: number;
  /** Whether the process has ended, by itself or not. */
  hasEnded(): boolean;
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** Holds it, as a machine that is too busy or a debugger does, until it may go on. */
  pause(): Promise<void>;
  goOn(): Promise<void>;
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
      const send = (signal: NodeJS.Signals): Promise<void> => {
        child.kill(signal);
        return Promise.resolve();
      };
      return watch.service(kill, send);
    },
  };
}

const environmentOf = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', SNAPFLEET_HTTP_PORT: '0' });

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.kill(signal);
  });
}
