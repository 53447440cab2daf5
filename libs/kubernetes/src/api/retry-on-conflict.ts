import { BackOff } from './back-off.js';
import { isApiError } from './kubernetes-api-error.js';

const attempts = 8;

/**
 * Runs read-decide-write again while somebody else changes the object in between (409 Conflict).
 * @throws the last KubernetesApiError, or what the work throws
 */
export async function retryOnConflict<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const backOff = new BackOff(20, 500);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isApiError(error, 409, 'Conflict') || attempt === attempts) throw error;
      await backOff.wait(signal);
    }
  }
}
