import { createWriteStream, type WriteStream } from 'node:fs';
import type { RunningService, ServiceName } from './services.js';

const startDeadlineMs = 120_000;

/** Reads what a service writes until it says that it has started. */
export class StartWatch {
  private readonly log: string[] = [];
  private readonly file: WriteStream;
  private over = false;
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
    this.over = true;
    this.port.reject(new Error(`${this.name} ended (${String(why)}) before it was ready:\n${this.lastLines()}`));
  };

  /** `kill` ends it and waits for its end, `send` only sends. */
  async service(
    kill: (signal: NodeJS.Signals) => Promise<void>,
    send: (signal: NodeJS.Signals) => Promise<void>,
  ): Promise<RunningService> {
    const timer = setTimeout(() => {
      this.port.reject(new Error(`${this.name} was not ready within ${startDeadlineMs} ms:\n${this.lastLines()}`));
    }, startDeadlineMs);
    try {
      const httpPort = await this.port.promise;
      return {
        name: this.name,
        log: this.log,
        httpPort,
        hasEnded: () => this.over,
        stop: () => kill('SIGTERM'),
        kill9: () => kill('SIGKILL'),
        pause: () => send('SIGSTOP'),
        goOn: () => send('SIGCONT'),
      };
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
