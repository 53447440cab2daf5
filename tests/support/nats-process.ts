import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NatsRunner } from './nats-server.js';
import { serverPrograms } from './servers.js';

const startDeadlineMs = 20_000;

/** nats-server as a child process. */
export class NatsProcess implements NatsRunner {
  private child: ChildProcess | undefined;

  constructor(private readonly config: string) {}

  async start(): Promise<void> {
    const program = join(await serverPrograms('nats'), 'nats-server');
    // The kernel ends it with the tests, however they end.
    const command = ['--pdeathsig', 'KILL', program, '--config', this.config];
    const child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    await ready(child);
  }

  reload(): Promise<void> {
    this.child?.kill('SIGHUP');
    return Promise.resolve();
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}

/** Resolves at the log line that says so; the log is read to its end, so that the pipe never fills. */
function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const lines: string[] = [];
  const failed = (why: string): void => {
    reject(new Error(`nats-server ${why}:\n${lines.slice(-20).join('\n')}`));
  };
  const deadline = setTimeout(() => {
    failed('was not ready in time');
  }, startDeadlineMs);
  child.once('error', (error) => {
    failed(error.message);
  });
  child.once('exit', () => {
    failed('ended at its start');
  });
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.length < 200) lines.push(line);
      if (line.includes('Server is ready')) resolve(undefined);
    });
  }
  return promise.finally(() => {
    clearTimeout(deadline);
  });
}
