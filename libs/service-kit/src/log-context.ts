import { AsyncLocalStorage } from 'node:async_hooks';

const contexts = new AsyncLocalStorage<object>();

/** Fields that each log line carries while the work is done, such as the correlation id of an operation. */
export function runInContext<T>(context: object, work: () => T): T {
  return contexts.run({ ...contexts.getStore(), ...context }, work);
}

/** The fields of the work that is being done. */
export const currentLogContext = (): object => contexts.getStore() ?? {};
