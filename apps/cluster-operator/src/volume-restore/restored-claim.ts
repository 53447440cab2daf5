import { SnapfleetError, VolumeRestore, type DataOf, type ReplyOf } from '@snapfleet/contracts';
import { isRestoredFrom, type PersistentVolumeClaim } from '@snapfleet/kubernetes';
import { z } from 'zod';
import { annotation, isOurs, label, managedBySnapfleet } from '../marks/marks.js';

type Command = DataOf<typeof VolumeRestore>;

const RestoredMark = z.object({
  assertion: z.object({ exitCode: z.number().int(), message: z.string() }).optional(),
});

/** Written on the claim when its data has been used by a Pod: a command that comes again does not use it again. */
export type RestoredMark = z.infer<typeof RestoredMark>;

/** The outcome of the assertion, as it is told. */
export type AssertionOutcome = NonNullable<ReplyOf<typeof VolumeRestore>['assertion']>;

/** The mark on a claim, or undefined. */
export function readRestoredMark(claim: PersistentVolumeClaim): RestoredMark | undefined {
  const text = claim.metadata.annotations?.[annotation.restored];
  if (text === undefined) return undefined;
  try {
    return RestoredMark.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The merge patch that sets the mark. */
export function restoredPatch(claim: PersistentVolumeClaim, mark: RestoredMark): object {
  return { metadata: { uid: claim.metadata.uid, annotations: { [annotation.restored]: JSON.stringify(mark) } } };
}

/** The labels of everything that a restore makes. */
export function restoreLabels(command: Command): Record<string, string> {
  return {
    [label.managedBy]: managedBySnapfleet,
    [label.purpose]: command.purpose,
    [label.operation]: command.operationId,
    [label.restorePoint]: command.restorePointId,
  };
}

/** The claim that the snapshot is restored into: exactly its size, for TopoLVM refuses less and older versions more. */
export function claimManifest(command: Command): object {
  const { claim, snapshot } = command;
  return {
    metadata: { name: command.targetClaim, labels: restoreLabels(command) },
    spec: {
      storageClassName: claim.storageClassName,
      accessModes: claim.accessModes,
      volumeMode: claim.volumeMode,
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot.volumeSnapshotName },
      resources: { requests: { storage: String(snapshot.restoreSizeBytes) } },
    },
  };
}

/**
 * The claim, if an earlier run of the same command made it.
 * @throws SnapfleetError target_exists
 */
export function expectOwnClaim(
  claim: PersistentVolumeClaim,
  command: Pick<Command, 'operationId' | 'purpose' | 'snapshot' | 'namespace' | 'targetClaim'>,
): PersistentVolumeClaim {
  const own = isOurs(claim, { [label.operation]: command.operationId, [label.purpose]: command.purpose });
  if (own && isRestoredFrom(claim, command.snapshot.volumeSnapshotName)) return claim;
  const what = `PersistentVolumeClaim ${command.namespace}/${command.targetClaim} exists and was not made by this operation`;
  throw new SnapfleetError('target_exists', what);
}
