/** What the recovery has to know of the event stream and of its consumers. */
export interface EventStreamState {
  /** When the stream was made: another time is another stream. Undefined: there is none now. */
  madeAt(): Promise<string | undefined>;
  /** Whether this service has settled every message that the stream holds for it. */
  isIdle(service: 'orchestrator' | 'backup-worker' | 'restore-verifier'): Promise<boolean>;
}

/** The streams of the device, and the consumers that the orchestrator declares. */
export interface DeviceTopology {
  /** Declares again what is gone; gives the names of the consumers that were. */
  redeclare(): Promise<readonly string[]>;
}
