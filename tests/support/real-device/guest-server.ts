import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Guest } from '../uml/guest.js';
import type { GuestProgram } from '../uml/guest-jobs.js';
import { restartPauseMs, tailOf } from './server-process.js';

export interface GuestServerOptions {
  /** Where its output goes, to `<name>.log`. */
  readonly directory: string;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly kubeconfigPath: string;
}

/** A server in the guest. */
export class GuestServer {
  readonly name: string;
  /** Rejects with the end of its output when the server, or the guest, ends. */
  readonly failed: Promise<never>;
  readonly #fail: (error: Error) => void;
  readonly #logPath: string;
  #program: GuestProgram | undefined;
  #wanted = false;
  #isKept = false;

  constructor(
    private readonly guest: Guest,
    private readonly options: GuestServerOptions,
  ) {
    this.name = options.name;
    this.#logPath = join(options.directory, `${options.name}.log`);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    this.failed = failed.promise;
    this.#fail = failed.reject;
  }

  async start(): Promise<void> {
    this.#wanted = true;
    const { program, args, kubeconfigPath } = this.options;
    const running = await this.guest.start(program, args, {
      env: { KUBECONFIG: kubeconfigPath },
      onLine: (line) => {
        appendFileSync(this.#logPath, `${line}\n`);
      },
    });
    this.#program = running;
    void this.#afterEnd(running);
  }

  /** From now on it is started again whenever it ends; `failed` says nothing any more. */
  keepRunning(): void {
    this.#isKept = true;
  }

  /** SIGKILL; resolves when it has ended. */
  async kill9(): Promise<void> {
    this.#program?.kill('SIGKILL');
    await this.#program?.ended;
  }

  /** It is not started again: the power of its guest is about to be cut. */
  giveUp(): void {
    this.#wanted = false;
  }

  /** Whether it has said this since its last start. */
  said(words: string): boolean {
    const { stderr, stdout } = this.#program?.output ?? { stderr: '', stdout: '' };
    return stderr.includes(words) || stdout.includes(words);
  }

  /** Nobody has started it since this one ended, and it is wanted. */
  #waitsFor(program: GuestProgram): boolean {
    return this.#wanted && this.#program === program;
  }

  async #afterEnd(program: GuestProgram): Promise<void> {
    const how = await program.ended.then(
      ({ exitCode, signal }) => String(exitCode ?? signal),
      (error: unknown) => String(error),
    );
    if (!this.#wanted) return;
    if (!this.#isKept) {
      this.#fail(new Error(`${this.name} ended with ${how}:\n${tailOf(this.#logPath)}`));
      return;
    }
    await wait(restartPauseMs, undefined, { ref: false });
    // The guest itself may have ended by now.
    if (this.#waitsFor(program)) await this.start().catch(() => undefined);
  }
}
