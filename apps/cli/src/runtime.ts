import type { ConnectionOptions, SnapfleetClient } from '@snapfleet/client';

/** A stream that text is written to. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What the program has from its surroundings. */
export interface Runtime {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  connect(options: ConnectionOptions): Promise<SnapfleetClient>;
  exit(code: number): void;
}
