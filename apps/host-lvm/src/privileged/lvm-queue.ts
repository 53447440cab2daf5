import { SnapfleetError } from '@snapfleet/contracts';
import { ProgramError } from '@snapfleet/process';
import { lvm } from './allowed-commands.js';
import type { HangingCommands } from './hanging-commands.js';
import type { PrivilegedPrograms } from './privileged-programs.js';

/** The programs of lvm2 that are used. */
export type LvmProgram = 'lvs' | 'vgs' | 'lvchange' | 'lvremove';

/** LVM commands, one at a time. While one hangs that is over its deadline, the others are refused at once. */
export class LvmQueue {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly programs: PrivilegedPrograms,
    private readonly commands: HangingCommands,
  ) {}

  /** The command that is over its deadline and still runs. */
  get hanging(): string | undefined {
    return this.commands.about(lvm);
  }

  /**
   * @param check looks, when its turn has come, whether it is still to be started, and throws if not
   * @throws {SnapfleetError} lvm_failed
   */
  run(program: LvmProgram, argv: readonly string[], check: () => void = () => undefined): Promise<string> {
    const turn = this.#last.then(() => {
      check();
      return this.#runNow(program, argv);
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #runNow(program: LvmProgram, argv: readonly string[]): Promise<string> {
    try {
      return (await this.programs.run(program, argv)).stdout;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      throw new SnapfleetError('lvm_failed', error.message, { cause: error });
    }
  }
}
