import type { KubernetesObject } from '@snapfleet/kubernetes';

/** Commands expire, so that the newest are enough; a Deployment hands its annotations on to each ReplicaSet. */
const mostRemembered = 16;

const listOf = (object: KubernetesObject, key: string): readonly string[] =>
  (object.metadata.annotations?.[key] ?? '').split(' ').filter((id) => id !== '');

/** Whether the note under this annotation says that what has this id has ended on the object. */
export function hasEndMark(object: KubernetesObject, key: string, id: string): boolean {
  return listOf(object, key).includes(id);
}

/**
 * The merge patch that adds an id to the note, on exactly this version of the object. Whoever reads the object, looks for
 * the note and writes on the version that was read can no longer be late: one of the two writes comes first.
 */
export function endMarkPatch(object: KubernetesObject, key: string, id: string): object {
  const { uid, resourceVersion } = object.metadata;
  const ids = [...listOf(object, key), id].slice(-mostRemembered).join(' ');
  return { metadata: { uid, resourceVersion, annotations: { [key]: ids } } };
}
