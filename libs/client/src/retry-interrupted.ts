import { setTimeout as wait } from 'node:timers/promises';
import { isDisconnection, isTimeout } from './nats-failure.js';

const pauseMs = 100;

/**
 * Does something that may be done twice, again when the connection broke in the middle or no answer came, until the
 * deadline. The connection comes back by itself meanwhile.
 * @param passesToo what else is worth another attempt
 */
export async function retryInterrupted<T>(
  deadlineMs: number,
  attempt: (leftMs: number) => Promise<T>,
  passesToo: (thrown: unknown) => boolean = () => false,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt(Math.max(1, end - performance.now()));
    } catch (thrown) {
      const passing = isDisconnection(thrown) || isTimeout(thrown) || passesToo(thrown);
      if (!passing || performance.now() + pauseMs >= end) throw thrown;
      await wait(pauseMs);
    }
  }
}
