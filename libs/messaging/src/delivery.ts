/** What a handler may know of the delivery, beside the message. */
export interface Delivery {
  /** Aborted when the service stops and the handler has had its time to finish; the message is then delivered again. */
  readonly signal: AbortSignal;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Whether an error of this attempt makes the message a dead letter. */
  readonly lastAttempt: boolean;
  /** NATS subject on which the message came. */
  readonly subject: string;
  /** Number of the message in the stream that holds it: the same at each delivery, until the stream is made anew. 0: no stream does. */
  readonly sequence: number;
}
