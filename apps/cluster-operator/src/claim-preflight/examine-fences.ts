import { farthestTokenAhead, SnapfleetError, type FencingToken } from '@snapfleet/contracts';
import type { KubernetesObject } from '@snapfleet/kubernetes';
import { fenceOf, workloadAnnotation } from '@snapfleet/workloads';

/** Objects of one kind that the operation is going to look at for a fencing token. */
interface Fenced {
  readonly kind: string;
  readonly objects: readonly (KubernetesObject | undefined)[];
}

/**
 * Numbers that no operation of this device can have left: every command to such an object would be refused as late, and to
 * count on from them would use up the numbers of all others.
 */
export function findingsOfFences(own: FencingToken | undefined, fenced: readonly Fenced[]): readonly SnapfleetError[] {
  if (own === undefined) return [];
  return fenced.flatMap(({ kind, objects }) => objects.flatMap((object) => findingOf(own, kind, object)));
}

function findingOf(own: FencingToken, kind: string, object: KubernetesObject | undefined): readonly SnapfleetError[] {
  const found = object === undefined ? undefined : fenceOf(object);
  if (object === undefined || found === undefined || found <= own + farthestTokenAhead) return [];
  const note = `the annotation ${workloadAnnotation.fencingToken}: ${String(found)}`;
  const what = `${kind} ${object.metadata.name} has ${note}, while this device is at ${String(own)}`;
  return [new SnapfleetError('fence_not_ours', what)];
}
