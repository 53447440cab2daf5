import { join } from 'node:path';
import { type BackupReference, RestorePointId, SnapfleetError, VolumeReference } from '@snapfleet/contracts';
import type { RestorePointKey } from '../mover.js';

/** The places of one backup below a destination. */
export interface CopyPlace {
  readonly key: RestorePointKey;
  /** Relative to the destination, as it stands in a reference. */
  readonly location: string;
  /** Directory of the claim, which holds all of its backups. */
  readonly claim: string;
  /** The backup itself: there only when it is complete. */
  readonly complete: string;
  /** Where it is written. */
  readonly partial: string;
  /** Where it is while it is deleted. */
  readonly removing: string;
}

export const treeName = 'tree';
export const imageName = 'image';
/** Names of directories that are not backups. */
export const unfinished = /^\.(partial|removing)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Paths are made of ids that have been parsed, so nothing in them can leave the destination. */
export function placeOf(destination: string, key: RestorePointKey): CopyPlace {
  const claim = join(destination, key.namespace, key.persistentVolumeClaim);
  return {
    key,
    location: `${key.namespace}/${key.persistentVolumeClaim}/${key.restorePointId}`,
    claim,
    complete: join(claim, key.restorePointId),
    partial: join(claim, `.partial-${key.restorePointId}`),
    removing: join(claim, `.removing-${key.restorePointId}`),
  };
}

/**
 * The place that a reference names.
 * @throws SnapfleetError `backup_not_found` when it is not one that this mover made
 */
export function placeOfReference(destination: string, reference: BackupReference): CopyPlace {
  const [namespace, persistentVolumeClaim, restorePointId, ...rest] = reference.location.split('/');
  const volume = VolumeReference.safeParse({ namespace, persistentVolumeClaim });
  const id = RestorePointId.safeParse(restorePointId);
  if (!volume.success || !id.success || rest.length > 0)
    throw new SnapfleetError('backup_not_found', `"${reference.location}" is not a place of the copy mover`);
  return placeOf(destination, { ...volume.data, restorePointId: id.data });
}
