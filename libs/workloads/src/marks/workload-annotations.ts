/** Annotations on workloads and bare Pods that Snapfleet takes away and brings back. */
export const workloadAnnotation = {
  /** Who scaled it to 0, how many replicas it had, and how long it may be away. */
  quiesced: 'snapfleet.io/quiesced',
  /** The operations that have resumed it. */
  resumed: 'snapfleet.io/resumed',
  /** The operation that made a bare Pod again. */
  recreatedBy: 'snapfleet.io/recreated-by',
} as const;
