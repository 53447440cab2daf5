import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';

/**
 * Programs that write down how they are started before they do what they are for. Looking at processes from time to time
 * would miss those that end at once.
 */
export class StartedPrograms {
  /** For services: PATH with these programs first. */
  readonly path: string;
  readonly #log: string;

  constructor(directory: string, names: readonly string[]) {
    const folder = join(directory, 'programs');
    mkdirSync(folder);
    // Services of other users start them.
    chmodSync(directory, 0o755);
    this.#log = join(directory, 'started.log');
    this.path = `${folder}:${process.env['PATH'] ?? ''}`;
    writeFileSync(this.#log, '');
    chmodSync(this.#log, 0o666);
    for (const name of names) {
      const { stdout: program } = execaSync('which', [name]);
      const lines = ['#!/bin/bash', `{ echo "== ${name}"; printf '%s\\n' "$@"; env; } >> ${this.#log}`];
      writeFileSync(join(folder, name), [...lines, `exec ${program} "$@"`, ''].join('\n'), { mode: 0o755 });
    }
  }

  /** The arguments and environments of all that were started so far. */
  get written(): string {
    return readFileSync(this.#log, 'utf8');
  }

  /** Which of them were started. */
  get names(): string[] {
    return [...new Set([...this.written.matchAll(/^== (.*)$/gm)].map(([, name = '']) => name))].sort();
  }
}
