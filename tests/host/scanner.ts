import { fileURLToPath } from 'node:url';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { waitUntil } from '../support/wait-until.js';
import { scratchDirectory, type HostUnderTest } from './host-under-test.js';

const script = fileURLToPath(new URL('./scan-process.ts', import.meta.url));
const deadlineMs = 60_000;

/** What came of a scan: the manifest that a backup would have, or why there is none. */
export type Scan =
  { readonly files: number; readonly entries: number } | { readonly code: string; readonly message: string };

/** Reads volumes in a guest as the workers read them, by the code of the movers, in one process. */
export class Scanner {
  #answers = 0;

  private constructor(private readonly program: GuestProgram) {}

  static async start(host: HostUnderTest): Promise<Scanner> {
    const program = await host.startAsWorker(process.execPath, [script, scratchDirectory]);
    const scanner = new Scanner(program);
    await scanner.#answer();
    return scanner;
  }

  async scan(path: string, volumeMode: 'Filesystem' | 'Block' = 'Filesystem'): Promise<Scan> {
    this.program.write(`${JSON.stringify({ path, volumeMode })}\n`);
    return JSON.parse(await this.#answer()) as Scan;
  }

  async stop(): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.ended;
  }

  async #answer(): Promise<string> {
    const line = await waitUntil(
      'the scanner answers',
      () => {
        const lines = this.program.output.stdout.split('\n');
        return lines.length > this.#answers + 1 ? lines[this.#answers] : undefined;
      },
      { deadlineMs },
    );
    this.#answers += 1;
    return line;
  }
}
