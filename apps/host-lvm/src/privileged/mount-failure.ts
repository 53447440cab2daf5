import { SnapfleetError } from '@snapfleet/contracts';
import { ProgramError } from '@snapfleet/process';

/** Runs a step of a mount; what its program says becomes mount_failed. */
export async function mountStep<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new SnapfleetError('mount_failed', error.message, { cause: error });
  }
}
