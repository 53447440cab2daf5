/** The end of a stream: what a program says last tells why it failed. */
export class OutputTail {
  #kept = Buffer.alloc(0);

  constructor(private readonly limitBytes: number) {}

  append(chunk: Buffer): void {
    const all = Buffer.concat([this.#kept, chunk.subarray(-this.limitBytes)]);
    this.#kept = all.subarray(-this.limitBytes);
  }

  /** A character that the limit cuts in two becomes U+FFFD. */
  toString(): string {
    return this.#kept.toString('utf8');
  }
}
