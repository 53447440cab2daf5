import type { VolumeReference, Workload } from '@snapfleet/contracts';

/** The volume of a claim, as something that an operation has for itself. */
export const volumeResource = ({ namespace, persistentVolumeClaim }: VolumeReference): string =>
  `PersistentVolumeClaim ${namespace}/${persistentVolumeClaim}`;

/** A workload, as something that an operation has for itself. */
export const workloadResource = (namespace: string, { kind, name }: Workload): string => `${kind} ${namespace}/${name}`;
