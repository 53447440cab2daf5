/**
 * A guest: a Linux kernel of its own with device-mapper thin provisioning, an empty disk /dev/ubdb, and this machine's
 * files (see run-in-uml). It boots in about 5 s and then runs any number of programs, at the same time if wanted.
 *
 *   const guest = await bootGuest({ memory: '2G' });                         // needs root; throws with what is missing
 *   const { stdout } = await guest.run('lvs', ['--noheadings'], { deadlineMs: 30_000 });   // throws unless exit code 0
 *   const node = await guest.start('topolvm-node', ['--config=...'], { onLine: console.log });
 *   await guest.stop();        // orderly: programs ended, disk synced;   guest.powerCut() is the other way
 *
 * The guest reaches servers of the host at `guest.hostAddress` (they must listen on 0.0.0.0 or that address), the host
 * reaches servers of the guest at `guest.guestAddress`. One CPU: LVM commands take about 0.5 s, JavaScript is about 8
 * times slower. When the test process dies, however it dies, the guest and its network device are gone too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  GuestJobs,
  type GuestProgram,
  type GuestRunOptions,
  type GuestRunResult,
  type GuestStartOptions,
} from './guest-jobs.js';

const script = fileURLToPath(new URL('./run-in-uml', import.meta.url));
const agent = fileURLToPath(new URL('./guest-agent.ts', import.meta.url));
const bootDeadlineMs = 120_000;
const haltDeadlineMs = 20_000;

export interface GuestOptions {
  /** Memory, as `2G` (the default). */
  readonly memory?: string;
  /** Size of the disk, as `4G` (the default). It is sparse. */
  readonly diskSize?: string;
  /** Keeps the disk in this file, to boot it again. Otherwise it is thrown away. */
  readonly diskFile?: string;
  /** Variables for all programs in the guest, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Guest {
  /** The host, as seen from the guest. */
  readonly hostAddress: string;
  /** The guest, as seen from the host. */
  readonly guestAddress: string;
  /** Runs a program to its end. Throws with what it said unless it ends with an accepted exit code (default: 0). */
  run(program: string, args: readonly string[], options: GuestRunOptions): Promise<GuestRunResult>;
  /** Starts a program that runs until it is stopped, or the guest is. */
  start(program: string, args: readonly string[], options?: GuestStartOptions): Promise<GuestProgram>;
  /** Ends the guest in order; its disk is synced. */
  stop(): Promise<void>;
  /** Ends the guest at once, as if the power were cut: what was not synced is lost. */
  powerCut(): Promise<void>;
  /** Resolves when the guest has ended, however that came about. */
  readonly ended: Promise<void>;
}

/** Boots a guest and waits until it takes jobs. */
export async function bootGuest(options: GuestOptions = {}): Promise<Guest> {
  const machine = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', script, ...scriptArguments(options), '--', process.execPath, agent],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_OPTIONS: '', ...options.env },
    },
  );
  const said: string[] = [];
  const ended = endOf(machine);
  try {
    const [hostAddress, guestAddress, port] = await addressesFrom(machine, ended, said);
    const socket = await connect(guestAddress, Number(port));
    const jobs = new GuestJobs(socket);
    return {
      hostAddress,
      guestAddress,
      ended,
      run: (program, args, runOptions) => jobs.run(program, args, runOptions),
      start: (program, args, startOptions = {}) => jobs.start(program, args, startOptions),
      stop: async () => {
        jobs.halt();
        await endWithin(machine, ended, haltDeadlineMs);
      },
      powerCut: async () => {
        await endWithin(machine, ended, 0);
        socket.destroy();
      },
    };
  } catch (error) {
    await endWithin(machine, ended, 0);
    throw new Error(`the guest did not start: ${said.join('\n')}`, { cause: error });
  }
}

function scriptArguments(options: GuestOptions): string[] {
  return [
    ['-m', options.memory ?? '2G'],
    ['-s', options.diskSize ?? '4G'],
    options.diskFile === undefined ? [] : ['-d', options.diskFile],
  ].flat();
}

function endOf(machine: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    machine.once('close', () => {
      resolve();
    });
    machine.once('error', () => {
      resolve();
    });
  });
}

async function addressesFrom(
  machine: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
  ended: Promise<void>,
  said: string[],
): Promise<[string, string, string]> {
  const ready = Promise.withResolvers<[string, string, string]>();
  machine.on('error', ready.reject);
  for (const input of [machine.stdout, machine.stderr]) {
    createInterface({ input }).on('line', (line) => {
      said.push(line);
      const match = /^agent ready (\S+) (\S+) (\d+)$/.exec(line);
      if (match?.[1] && match[2] && match[3]) ready.resolve([match[1], match[2], match[3]]);
    });
  }
  const timer = setTimeout(() => {
    ready.reject(new Error(`no agent within ${String(bootDeadlineMs)} ms`));
  }, bootDeadlineMs);
  void ended.then(() => {
    ready.reject(new Error('run-in-uml has ended'));
  });
  return await ready.promise.finally(() => {
    clearTimeout(timer);
  });
}

function connect(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true, timeout: 10_000 });
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('timeout', () => {
      reject(new Error(`no connection with ${host}:${String(port)}`));
    });
  });
}

async function endWithin(machine: ChildProcess, ended: Promise<void>, deadlineMs: number): Promise<void> {
  const timer = setTimeout(() => machine.kill('SIGTERM'), deadlineMs);
  await ended.finally(() => {
    clearTimeout(timer);
  });
}
