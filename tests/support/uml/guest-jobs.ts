import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { GuestReport, GuestRequest } from './guest-protocol.js';

export interface GuestStartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Called for each line of both outputs. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface GuestRunOptions extends GuestStartOptions {
  readonly deadlineMs: number;
  readonly input?: string;
  readonly acceptExitCodes?: readonly number[];
}

export interface GuestRunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface GuestProgramEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface GuestProgram {
  /** The process id inside the guest. */
  readonly pid: number;
  /** All that it has said so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<GuestProgramEnd>;
  write(text: string): void;
  kill(signal: NodeJS.Signals): void;
}

interface Job {
  readonly output: { stdout: string; stderr: string };
  readonly rest: { stdout: string; stderr: string };
  readonly started: PromiseWithResolvers<number>;
  readonly ended: PromiseWithResolvers<GuestProgramEnd>;
  readonly onLine: GuestStartOptions['onLine'];
}

/** The programs that run in a guest, over the connection with its agent. */
export class GuestJobs {
  readonly #jobs = new Map<number, Job>();
  #lastId = 0;

  constructor(private readonly socket: Socket) {
    createInterface({ input: socket }).on('line', (line) => {
      this.#take(JSON.parse(line) as GuestReport);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const job of this.#jobs.values()) fail(job, new Error('the guest has ended'));
      this.#jobs.clear();
    });
  }

  async start(program: string, args: readonly string[], options: GuestStartOptions): Promise<GuestProgram> {
    return (await this.#start(program, args, options)).program;
  }

  async #start(
    program: string,
    args: readonly string[],
    options: GuestStartOptions,
  ): Promise<{ readonly id: number; readonly program: GuestProgram }> {
    if (this.socket.destroyed) throw new Error(`the guest has ended: ${program} cannot be started`);
    const id = (this.#lastId += 1);
    const job: Job = {
      output: { stdout: '', stderr: '' },
      rest: { stdout: '', stderr: '' },
      started: Promise.withResolvers(),
      ended: Promise.withResolvers(),
      onLine: options.onLine,
    };
    job.ended.promise.catch(() => undefined);
    this.#jobs.set(id, job);
    const { env = {}, workingDirectory = process.cwd() } = options;
    this.#send({ type: 'start', id, program, args, env, workingDirectory });
    const pid = await job.started.promise;
    const running: GuestProgram = {
      pid,
      output: job.output,
      ended: job.ended.promise,
      write: (text) => {
        this.#send({ type: 'write', id, text, end: false });
      },
      kill: (signal) => {
        this.#send({ type: 'signal', id, signal });
      },
    };
    return { id, program: running };
  }

  async run(program: string, args: readonly string[], options: GuestRunOptions): Promise<GuestRunResult> {
    const { id, program: running } = await this.#start(program, args, options);
    this.#send({ type: 'write', id, text: options.input ?? '', end: true });
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      running.kill('SIGKILL');
    }, options.deadlineMs);
    const { exitCode, signal } = await running.ended.finally(() => {
      clearTimeout(timer);
    });
    if (!late.signal.aborted && exitCode !== null && (options.acceptExitCodes ?? [0]).includes(exitCode))
      return { ...running.output, exitCode };
    const how = late.signal.aborted
      ? `not within ${String(options.deadlineMs)} ms`
      : `with ${String(exitCode ?? signal)}`;
    const { stdout, stderr } = running.output;
    throw new Error(`in the guest, ${program} ${args.join(' ')} ended ${how}: ${stderr}${stdout}`);
  }

  halt(): void {
    if (!this.socket.destroyed) this.#send({ type: 'halt' });
  }

  /** What runs is lost to the host. */
  disconnect(): void {
    this.socket.destroy();
  }

  #send(request: GuestRequest): void {
    this.socket.write(`${JSON.stringify(request)}\n`);
  }

  #take(report: GuestReport): void {
    const job = this.#jobs.get(report.id);
    if (job === undefined) return;
    switch (report.type) {
      case 'started':
        job.started.resolve(report.pid);
        break;
      case 'output':
        addOutput(job, report.stream, report.text);
        break;
      case 'failed':
        this.#jobs.delete(report.id);
        fail(job, new Error(report.message));
        break;
      case 'ended':
        this.#jobs.delete(report.id);
        addOutput(job, 'stdout', '\n', false);
        addOutput(job, 'stderr', '\n', false);
        job.ended.resolve({ exitCode: report.exitCode, signal: report.signal });
    }
  }
}

function addOutput(job: Job, stream: 'stdout' | 'stderr', text: string, said = true): void {
  if (said) job.output[stream] += text;
  if (!said && job.rest[stream] === '') return;
  const lines = (job.rest[stream] + text).split('\n');
  job.rest[stream] = lines.pop() ?? '';
  for (const line of lines) job.onLine?.(line, stream);
}

function fail(job: Job, error: Error): void {
  job.started.reject(error);
  job.started.promise.catch(() => undefined);
  job.ended.reject(error);
}
