/**
 * Lets one thing at a time happen to each lease, to each volume, and to the writers of each operation; the others wait in
 * their order. Who needs lease and volume takes the lease first.
 */
export class ExposureLock {
  readonly #last = new Map<string, Promise<unknown>>();

  async lease<T>(leaseId: string, action: () => Promise<T>): Promise<T> {
    return await this.#run(`lease ${leaseId}`, action);
  }

  async volume<T>(volumeHandle: string, action: () => Promise<T>): Promise<T> {
    return await this.#run(`volume ${volumeHandle}`, action);
  }

  async writers<T>(operationId: string, action: () => Promise<T>): Promise<T> {
    return await this.#run(`writers ${operationId}`, action);
  }

  async #run<T>(key: string, action: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = Promise.withResolvers<undefined>();
    const own = before.then(() => done.promise);
    this.#last.set(key, own);
    await before;
    try {
      return await action();
    } finally {
      done.resolve(undefined);
      if (this.#last.get(key) === own) this.#last.delete(key);
    }
  }
}
