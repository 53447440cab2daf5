/**
 * A guest: a Linux kernel of its own with device-mapper thin provisioning, an empty disk /dev/ubdb, and this machine's
 * files (see run-in-uml). It boots in about 5 s and then runs any number of programs, at the same time if wanted.
 *
 *   const guest = await bootGuest({ memory: '2G' });                         // needs root; throws with what is missing
 *   const { stdout } = await guest.run('lvs', ['--noheadings'], { deadlineMs: 30_000 });   // throws unless exit code 0
 *   const node = await guest.start('topolvm-node', ['--config=...'], { onLine: console.log });
 *   await guest.stop();        // orderly: programs ended, disk synced;   guest.powerCut() is the other way
 *   await guest.powerOff();    // a power cut too, but it can be booted again, at the same addresses:   await guest.powerOn();
 *
 * The guest reaches servers of the host at `guest.hostAddress` (they must listen on 0.0.0.0 or that address), the host
 * reaches servers of the guest at `guest.guestAddress`. One CPU: LVM commands take about 0.5 s, JavaScript is about 8
 * times slower. When the test process dies, however it dies, the guest and its network device are gone too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
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
const readyLine = /^agent ready (\S+) (\S+) (\d+)$/;

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
  /** Ends it as a power cut does, and keeps its disk and its network; what runs or is asked for until `powerOn` fails. */
  powerOff(): Promise<void>;
  /** Boots it again from its disk; its programs have to be started anew. */
  powerOn(): Promise<void>;
  /** Resolves when the guest has ended for good, however that came about. */
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
  const ended = endOf(machine);
  const words = new GuestWords(machine, ended);
  try {
    const [, hostAddress = '', guestAddress = '', port] = await words.next(readyLine);
    const connectJobs = async (): Promise<GuestJobs> => new GuestJobs(await connect(guestAddress, Number(port)));
    let jobs = await connectJobs();
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
        jobs.disconnect();
      },
      powerOff: async () => {
        const off = words.next(/^power off$/);
        machine.kill('SIGUSR1');
        await off;
        jobs.disconnect();
      },
      powerOn: async () => {
        const ready = words.next(readyLine);
        machine.kill('SIGUSR2');
        await ready;
        jobs = await connectJobs();
      },
    };
  } catch (error) {
    await endWithin(machine, ended, 0);
    throw new Error(`the guest did not start: ${words.said.join('\n')}`, { cause: error });
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

/** What run-in-uml and the agent say. */
class GuestWords {
  readonly said: string[] = [];
  readonly #heard = new EventEmitter();

  constructor(
    private readonly machine: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
    private readonly ended: Promise<void>,
  ) {
    for (const input of [machine.stdout, machine.stderr]) {
      createInterface({ input }).on('line', (line) => {
        this.said.push(line);
        this.#heard.emit('line', line);
      });
    }
  }

  /** The next line that is like this. */
  async next(pattern: RegExp): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>();
    const look = (line: string): void => {
      const match = pattern.exec(line);
      if (match !== null) found.resolve(match);
    };
    this.#heard.on('line', look);
    this.machine.once('error', found.reject);
    void this.ended.then(() => {
      found.reject(new Error('run-in-uml has ended'));
    });
    const timer = setTimeout(() => {
      found.reject(new Error(`it did not say ${String(pattern)} within ${String(bootDeadlineMs)} ms`));
    }, bootDeadlineMs);
    return await found.promise.finally(() => {
      clearTimeout(timer);
      this.#heard.off('line', look);
      this.machine.off('error', found.reject);
    });
  }
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
