import { SnapfleetError } from '@snapfleet/contracts';
import { createProgramRunner, type ProgramResult, type RunningProgram, type StartOptions } from '@snapfleet/process';
import { allowedPrograms, isAllowed, type AllowedProgram } from './allowed-commands.js';

/** Starts what the closed list allows, as root. */
export interface PrivilegedPrograms {
  /** @throws {ProgramError} see libs/process; at the deadline the program is left alone, never signalled. */
  run(
    program: AllowedProgram,
    argv: readonly string[],
    options?: { acceptExitCodes?: readonly number[] },
  ): Promise<ProgramResult>;
  start(program: AllowedProgram, argv: readonly string[], options: StartOptions): Promise<RunningProgram>;
}

/** The one door through which host-lvm starts programs. `deadlineMs` is for one program. */
export function createPrivilegedPrograms(deadlineMs: number): PrivilegedPrograms {
  const programs = createProgramRunner({
    allowed: allowedPrograms.map(pathOf),
    // The place of lvm.conf, and whether udev makes the device nodes.
    inheritEnvironment: ['LVM_SYSTEM_DIR', 'DM_DISABLE_UDEV'],
  });
  return {
    run: async (program, argv, options = {}) => {
      check(program, argv);
      return await programs.run(pathOf(program), argv, { deadlineMs, onDeadline: 'leave', ...options });
    },
    start: async (program, argv, options) => {
      check(program, argv);
      return await programs.start(pathOf(program), argv, options);
    },
  };
}

/** The Node.js of PATH may be another one than this service was made for. */
const pathOf = (program: AllowedProgram): string => (program === 'node' ? process.execPath : program);

function check(program: string, argv: readonly string[]): void {
  if (!isAllowed(program, argv))
    throw new SnapfleetError('internal', `${program} ${argv.join(' ')} is not on the closed list of host-lvm`);
}
