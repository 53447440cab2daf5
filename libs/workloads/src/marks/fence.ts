import { FencingToken } from '@snapfleet/contracts';
import type { KubernetesObject } from '@snapfleet/kubernetes';
import { workloadAnnotation } from './workload-annotations.js';

/**
 * The highest fencing token of the operations that have ended on this object; undefined: none has, or what is noted cannot
 * be read. Operations that share an object run one after the other, so that all with lower ones have ended too.
 */
export function fenceOf(object: KubernetesObject): FencingToken | undefined {
  const text = object.metadata.annotations?.[workloadAnnotation.fencingToken] ?? '';
  if (!/^[0-9]+$/.test(text)) return undefined;
  // Every number that can be given fences: how far one that is found is followed is for who gives them to decide.
  return FencingToken.safeParse(Number(text)).data;
}

/** The highest of all their fences. */
export function highestFence(objects: readonly (KubernetesObject | undefined)[]): FencingToken | undefined {
  const fences = objects.flatMap((object) => (object === undefined ? [] : (fenceOf(object) ?? [])));
  return fences.sort((one, other) => other - one)[0];
}

/** Whether what comes with this fencing token comes too late for the object. */
export function isFenced(object: KubernetesObject, fencingToken: FencingToken | undefined): boolean {
  return fencingToken !== undefined && fencingToken <= (fenceOf(object) ?? 0);
}

/**
 * The merge patch that notes the end of an operation, on exactly this version of the object; undefined: there is nothing to
 * note. Whoever reads the object, looks for the note and writes on the version that was read can no longer be late: one of
 * the two writes comes first.
 */
export function fencePatch(object: KubernetesObject, fencingToken: FencingToken | undefined): object | undefined {
  if (fencingToken === undefined || isFenced(object, fencingToken)) return undefined;
  const { uid, resourceVersion } = object.metadata;
  const annotations = { [workloadAnnotation.fencingToken]: String(fencingToken) };
  return { metadata: { uid, resourceVersion, annotations } };
}
