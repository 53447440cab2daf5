import { newestWarnings, type KubernetesObject } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

/** Events about objects without a namespace are kept in this one. */
const namespaceOfClusterWideEvents = 'default';
const shown = 3;

/** The newest Warning events about an object, for a message; empty where they cannot be read. */
export async function recentWarnings(cluster: Cluster, about: KubernetesObject): Promise<readonly string[]> {
  const namespace = about.metadata.namespace ?? namespaceOfClusterWideEvents;
  const fieldSelector = `involvedObject.uid=${about.metadata.uid}`;
  try {
    return newestWarnings(await cluster.events.list({ namespace, fieldSelector }), shown);
  } catch {
    // They only decorate an error that is told anyway.
    return [];
  }
}

/** Joins what is known into one message. */
export function sentence(...parts: readonly (string | undefined | null)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('; ');
}
