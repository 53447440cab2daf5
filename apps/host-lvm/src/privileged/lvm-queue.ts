import { SnapfleetError } from '@snapfleet/contracts';
import { ProgramError } from '@snapfleet/process';
import type { PrivilegedPrograms } from './privileged-programs.js';

/** The programs of lvm2 that are used. */
export type LvmProgram = 'lvs' | 'vgs' | 'lvchange' | 'lvremove';

/**
 * LVM commands, one at a time. A command that is over its deadline is left alone: killed in the middle it may leave a
 * device suspended. Until it ends by itself, nothing else is asked of LVM, so that commands do not pile up behind it.
 */
export class LvmQueue {
  #last: Promise<unknown> = Promise.resolve();
  #hanging: string | undefined;

  constructor(private readonly programs: PrivilegedPrograms) {}

  /** The command that is over its deadline and still runs. */
  get hanging(): string | undefined {
    return this.#hanging;
  }

  /** @throws {SnapfleetError} lvm_failed */
  run(program: LvmProgram, argv: readonly string[]): Promise<string> {
    const turn = this.#last.then(() => this.#runNow(program, argv));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #runNow(program: LvmProgram, argv: readonly string[]): Promise<string> {
    if (this.#hanging !== undefined)
      throw new SnapfleetError(
        'lvm_failed',
        `${program} was not started, since this LVM command hangs: ${this.#hanging}`,
      );
    try {
      return (await this.programs.run(program, argv)).stdout;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      if (error.timedOut) this.#waitFor(error);
      throw new SnapfleetError('lvm_failed', error.message, { cause: error });
    }
  }

  #waitFor(left: ProgramError): void {
    this.#hanging = [left.program, ...left.argv].join(' ');
    void left.ended.then(() => {
      this.#hanging = undefined;
    });
  }
}
