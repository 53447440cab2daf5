/**
 * Commands that are over their deadline and still run. They are left alone: a command of LVM that is killed in the middle
 * may leave a device suspended, and one that waits for a disk cannot be killed. But nothing else is started that would
 * wait for the same, so they never make a pile.
 */
export class HangingCommands {
  readonly #left = new Map<string, readonly string[]>();

  /** The command that hangs for this subject, or undefined. */
  about(subject: string): string | undefined {
    return this.#left.get(subject)?.[0];
  }

  /** Takes note of a command until it ends. */
  note(subject: string, command: string, ended: Promise<void>): void {
    this.#left.set(subject, [...(this.#left.get(subject) ?? []), command]);
    void ended.then(() => {
      const [, ...rest] = this.#left.get(subject) ?? [];
      if (rest.length === 0) this.#left.delete(subject);
      else this.#left.set(subject, rest);
    });
  }
}
