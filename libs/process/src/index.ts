export { ProgramError } from './program-error.js';
export type {
  ProgramEnd,
  ProgramResult,
  ProgramRunner,
  RunnerOptions,
  RunningProgram,
  RunOptions,
  StartOptions,
} from './program-options.js';
export { createProgramRunner } from './program-runner.js';
