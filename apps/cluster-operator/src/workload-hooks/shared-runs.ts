/** What runs in this process: the same asked for again while it runs waits for the same end. */
export class SharedRuns<T> {
  readonly #runs = new Map<string, Promise<T>>();

  run(id: string, work: () => Promise<T>): Promise<T> {
    const running = this.#runs.get(id);
    if (running !== undefined) return running;
    const run = work().finally(() => this.#runs.delete(id));
    this.#runs.set(id, run);
    return run;
  }
}
