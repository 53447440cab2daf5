import type { DataOf, WorkloadQuiesce } from '@snapfleet/contracts';
import type { Cluster } from '../cluster-access.js';
import { annotation } from '../marks/marks.js';

type Command = DataOf<typeof WorkloadQuiesce>;

const claimOf = ({ namespace, persistentVolumeClaim: name }: Command): { namespace: string; name: string } => ({
  namespace,
  name,
});

/**
 * Notes on the claim that this operation is about to delete its bare Pod, on which nothing could be noted. Both are in one store,
 * so that no crash keeps the deletion without the note. A claim that is gone keeps no note.
 */
export async function noteTaking(cluster: Cluster, command: Command, signal: AbortSignal): Promise<void> {
  const claim = await cluster.claims.get(claimOf(command), { signal });
  if (claim === undefined || claim.metadata.annotations?.[annotation.podTakenBy] === command.operationId) return;
  const { uid } = claim.metadata;
  const note = { metadata: { uid, annotations: { [annotation.podTakenBy]: command.operationId } } };
  await cluster.claims.patch(claimOf(command), note, { signal });
}

/** Whether this operation may have deleted its bare Pod. */
export async function isTakingNoted(cluster: Cluster, command: Command, signal: AbortSignal): Promise<boolean> {
  const claim = await cluster.claims.get(claimOf(command), { signal });
  return claim?.metadata.annotations?.[annotation.podTakenBy] === command.operationId;
}
