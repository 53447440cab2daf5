import type { BackupRecord } from '@snapfleet/contracts';

/** Whether a backup may be at its destination: also where a newer attempt at it is pending or has failed. */
export const isAtDestination = ({ state, reference }: BackupRecord): boolean =>
  state !== 'deleted' && reference !== undefined;

/** Whether the newest attempt at a backup has made it. */
export const isCompleted = ({ state, reference }: BackupRecord): boolean =>
  state === 'completed' && reference !== undefined;
