import { SnapfleetError } from '@snapfleet/contracts';
import {
  createProgramRunner,
  ProgramError,
  type ProgramResult,
  type ProgramRunner,
  type RunningProgram,
  type StartOptions,
} from '@snapfleet/process';
import {
  allowedCommand,
  allowedPrograms,
  subjectOf,
  type AllowedCommand,
  type AllowedProgram,
} from './allowed-commands.js';
import { noFailpoint, type Failpoint } from './failpoint.js';
import type { HangingCommands } from './hanging-commands.js';

/** Starts what the closed list allows, as root. */
export interface PrivilegedPrograms {
  /**
   * At the deadline the program is left alone, never signalled; until it ends, what would wait for the same is refused.
   * @throws {ProgramError} see libs/process
   */
  run(
    program: AllowedProgram,
    argv: readonly string[],
    options?: { acceptExitCodes?: readonly number[] },
  ): Promise<ProgramResult>;
  start(program: AllowedProgram, argv: readonly string[], options: StartOptions): Promise<RunningProgram>;
}

export interface PrivilegedOptions {
  /** For one program. */
  readonly deadlineMs: number;
  readonly hanging: HangingCommands;
  readonly failpoint?: Failpoint;
  readonly runner?: ProgramRunner;
}

/** The one door through which host-lvm starts programs. */
export function createPrivilegedPrograms({
  deadlineMs,
  hanging,
  failpoint = noFailpoint,
  runner = rootRunner(),
}: PrivilegedOptions): PrivilegedPrograms {
  return {
    run: async (program, argv, options = {}) => {
      const command = check(program, argv);
      const subject = subjectOf(command, argv);
      refuseBehind(hanging.about(subject), program, argv);
      failpoint(command.name, 'before');
      const running = runner.run(pathOf(program), argv, { deadlineMs, onDeadline: 'leave', ...options });
      failpoint(command.name, 'during');
      try {
        return await running;
      } catch (error) {
        if (error instanceof ProgramError && error.timedOut)
          hanging.note(subject, [program, ...argv].join(' '), error.ended);
        throw error;
      } finally {
        failpoint(command.name, 'after');
      }
    },
    start: async (program, argv, options) => {
      const command = check(program, argv);
      failpoint(command.name, 'before');
      const running = runner.start(pathOf(program), argv, options);
      failpoint(command.name, 'during');
      return await running.finally(() => {
        failpoint(command.name, 'after');
      });
    },
  };
}

const rootRunner = (): ProgramRunner =>
  createProgramRunner({
    allowed: allowedPrograms.map(pathOf),
    // The place of lvm.conf, and whether udev makes the device nodes.
    inheritEnvironment: ['LVM_SYSTEM_DIR', 'DM_DISABLE_UDEV'],
  });

/** The Node.js of PATH may be another one than this service was made for. */
const pathOf = (program: AllowedProgram): string => (program === 'node' ? process.execPath : program);

function refuseBehind(hanging: string | undefined, program: string, argv: readonly string[]): void {
  if (hanging === undefined) return;
  throw new ProgramError({ program, argv, reason: `was not started, since this command hangs: ${hanging}` });
}

function check(program: string, argv: readonly string[]): AllowedCommand {
  const command = allowedCommand(program, argv);
  if (command !== undefined) return command;
  throw new SnapfleetError('internal', `${program} ${argv.join(' ')} is not on the closed list of host-lvm`);
}
