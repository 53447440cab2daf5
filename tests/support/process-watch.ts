import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const everyMs = 5;

/** What a process showed to everybody who may look. */
export interface SeenProcess {
  readonly program: string;
  readonly commandLine: string;
  readonly environment: string;
}

/** Looks at the processes of a user, and at those of some others with their children, again and again while it is on. */
export class ProcessWatch {
  /** Each command line and environment once. */
  readonly seen = new Map<string, SeenProcess>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly uid: number,
    private readonly others: readonly number[],
  ) {
    this.#timer = setInterval(() => {
      this.#look();
    }, everyMs);
  }

  /** The names of all programs that were seen. */
  get programs(): Set<string> {
    return new Set([...this.seen.values()].map(({ program }) => program));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        if (this.#isOurs(pid)) this.#keep(pid);
      } catch {
        // It has ended.
      }
    }
  }

  #isOurs(pid: string): boolean {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    return field('Uid') === this.uid || this.others.includes(Number(pid)) || this.others.includes(field('PPid'));
  }

  #keep(pid: string): void {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    if (commandLine === '') return;
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const program = basename(commandLine.split('\0')[0] ?? '');
    this.seen.set(`${commandLine}\0${environment}`, { program, commandLine, environment });
  }
}
