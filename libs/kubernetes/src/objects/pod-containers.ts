import type { Pod } from './pod.js';

/** A container of a Pod, as its status has it. */
export interface ContainerRun {
  readonly name: string;
  /** Another one each time it is started. */
  readonly id: string;
  readonly running: boolean;
}

/** Names of the containers in which commands can run: init containers only if they run beside the others. */
export function containerNames({ spec }: Pod): readonly string[] {
  const beside = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(spec.containers ?? []), ...beside].map(({ name }) => name);
}

/**
 * The container of this name, without one the first; undefined where the Pod has none. A runtime that gives no id is known
 * by the number of restarts.
 */
export function containerRun(pod: Pod, wanted?: string): ContainerRun | undefined {
  const names = containerNames(pod);
  const name = wanted ?? names[0];
  if (name === undefined || !names.includes(name)) return undefined;
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const status = all.find((one) => one.name === name);
  const { containerID = '', restartCount = 0, state } = status ?? {};
  const id = containerID === '' ? `restart ${String(restartCount)}` : containerID;
  return { name, id, running: state?.running !== undefined };
}
