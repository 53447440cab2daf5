import { ErrorDetail, MoverName, RestorePointPhase } from '@snapfleet/contracts';
import { z } from 'zod';
import type { Transitions } from './state-facts.js';

const optionsShape = {
  deleteBackups: z.boolean(),
  purge: z.boolean(),
  releaseFinalizers: z.boolean(),
  cause: z.enum(['command', 'retention', 'pool-guard']),
  formerPhase: RestorePointPhase,
  removed: z
    .object({ freed: z.boolean(), finalizersRemoved: z.array(z.string()).optional() })
    .optional()
    .describe('what became of the VolumeSnapshot, once it is gone'),
};

/**
 * The states of `snapshot.delete`. The VolumeSnapshot goes first: where something still uses it, it is refused, and nothing
 * was touched. Which backup is next is chosen in a step of its own, because backups may still be completed meanwhile.
 */
export const DeleteState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('choosing'), ...optionsShape }),
  z.object({ phase: z.literal('removing-snapshot'), ...optionsShape }),
  z.object({ phase: z.literal('removing-backup'), mover: MoverName, ...optionsShape }),
  z.object({ phase: z.literal('ended'), error: ErrorDetail.optional() }),
]);
export type DeleteState = z.infer<typeof DeleteState>;

/** Where each state can lead. */
export const deleteTransitions: Transitions<DeleteState['phase']> = {
  choosing: { steps: [], next: ['removing-snapshot', 'removing-backup', 'ended'], cancellable: false },
  'removing-snapshot': { steps: ['snapshot.remove'], next: ['choosing', 'ended'], cancellable: false },
  'removing-backup': { steps: ['backup.remove'], next: ['choosing', 'ended'], cancellable: false },
  ended: { steps: [], next: [], cancellable: false },
};
