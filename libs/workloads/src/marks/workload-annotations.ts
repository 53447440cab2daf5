/** Annotations on workloads, Pods and claims, by which late commands are told from those that are in time. */
export const workloadAnnotation = {
  /** Who scaled it to 0, how many replicas it had, and how long it may be away. */
  quiesced: 'snapfleet.io/quiesced',
  /** The highest fencing token of the operations that have ended on it. */
  fencingToken: 'snapfleet.io/fencing-token',
  /** The operation that made a bare Pod again. */
  recreatedBy: 'snapfleet.io/recreated-by',
} as const;
