import { isAbsolute } from 'node:path';
import { type DeviceId, SnapfleetError } from '@snapfleet/contracts';
import { z } from 'zod';
import { CopyMover } from './copy/copy-mover.js';
import type { Mover, Movers } from './mover.js';
import { ResticMover } from './restic/restic-mover.js';

const AbsolutePath = z.string().refine(isAbsolute, 'must be an absolute path');

/** The settings of the movers, as variables of the environment. A mover is there when its destination is set. */
export const moverSettings = z.object({
  SNAPFLEET_DESTINATION: AbsolutePath.optional().describe(
    'directory of the mover `copy`; it must be there, so that a disk that is not mounted is noticed',
  ),
  SNAPFLEET_RESTIC_REPOSITORY: z
    .string()
    .min(1)
    .max(1024)
    .refine((text) => !/^[^/]*\/\/[^/]*@/.test(text), 'must not contain a user or password: use a credentials file')
    .optional()
    .describe('repository of the mover `restic`, for this device alone: a path, rest:, s3:, sftp:'),
  SNAPFLEET_RESTIC_PASSWORD_FILE: AbsolutePath.optional().describe(
    'mode 0600; made with a random password together with the repository. Without it no backup can be read: keep a copy elsewhere',
  ),
  SNAPFLEET_RESTIC_CACHE_DIR: AbsolutePath.optional().describe('worth its space for a remote repository'),
  SNAPFLEET_RESTIC_PROGRAM: z.string().min(1).default('restic').describe('looked up in PATH unless absolute'),
});
export type MoverSettings = z.infer<typeof moverSettings>;

/**
 * The movers that are set up.
 * @throws SnapfleetError `invalid_message` naming the variable that is missing
 */
export function createMovers(settings: MoverSettings, device: DeviceId): Movers {
  const movers: Mover[] = [];
  if (settings.SNAPFLEET_DESTINATION !== undefined)
    movers.push(new CopyMover({ destination: settings.SNAPFLEET_DESTINATION }));
  if (settings.SNAPFLEET_RESTIC_REPOSITORY !== undefined) {
    const passwordFile = settings.SNAPFLEET_RESTIC_PASSWORD_FILE;
    if (passwordFile === undefined) {
      const rule = 'must be set where SNAPFLEET_RESTIC_REPOSITORY is';
      const field = 'SNAPFLEET_RESTIC_PASSWORD_FILE';
      throw new SnapfleetError('invalid_message', `${field} ${rule}`, { field, rule });
    }
    movers.push(
      new ResticMover({
        program: settings.SNAPFLEET_RESTIC_PROGRAM,
        repository: settings.SNAPFLEET_RESTIC_REPOSITORY,
        passwordFile,
        cacheDirectory: settings.SNAPFLEET_RESTIC_CACHE_DIR,
        device,
      }),
    );
  }
  return new Map(movers.map((mover) => [mover.name, mover]));
}

/** The mover of this name; throws SnapfleetError `mover_unknown` naming those that there are. */
export function moverOf(movers: Movers, name: string): Mover {
  const mover = movers.get(name);
  if (mover !== undefined) return mover;
  const known = [...movers.keys()].join(', ');
  throw new SnapfleetError('mover_unknown', `There is no mover "${name}" on this device; it has: ${known || 'none'}`);
}
