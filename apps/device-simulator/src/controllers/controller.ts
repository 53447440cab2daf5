import type { Objects } from '../store/objects.js';
import type { StoreEvent } from '../store/object-store.js';

/** One loop that brings what is there to what is wanted. */
export interface Controller {
  readonly name: string;
  /** Which of its keys a change concerns. */
  keysFor(event: StoreEvent): readonly string[];
  /** Does the next thing for a key; it is called again at the next change, and after a back-off where it throws. */
  reconcile(key: string): Promise<void> | void;
}

/** Thrown by a controller that has told the reason in an object and wants to try again later. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
}

const firstBackOffMs = 1_000;
const longestBackOffMs = 5 * 60_000;

/** Works on the keys of one controller, one at a time. Retries double from 1 s to 5 min, as external-snapshotter's do. */
class ControllerQueue {
  readonly #waiting = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly controller: Controller,
    private readonly onUnexpected: (error: unknown) => void,
  ) {}

  add(key: string): void {
    if (this.#stopped) return;
    this.#waiting.add(key);
    this.#running ??= this.#run();
  }

  /** Takes no more keys and waits for the one in work. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      // A controller sees a change after the request that made it has been answered, as it would over a watch; and
      // between two keys, requests and the other controllers have their turn.
      await new Promise((resolve) => setImmediate(resolve));
      const [key] = this.#waiting;
      if (key === undefined || this.#stopped) break;
      this.#waiting.delete(key);
      await this.#work(key);
    }
    this.#running = undefined;
  }

  async #work(key: string): Promise<void> {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    try {
      await this.controller.reconcile(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!(error instanceof TryLater)) this.onUnexpected(error);
      this.#again(key);
    }
  }

  #again(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const waitMs = Math.min(firstBackOffMs * 2 ** failures, longestBackOffMs);
    const timer = setTimeout(() => {
      this.add(key);
    }, waitMs);
    timer.unref();
    this.#timers.set(key, timer);
  }
}

/** Runs the controllers of one device. */
export class ControllerRunner {
  readonly #queues: readonly { controller: Controller; queue: ControllerQueue }[];
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly objects: Objects,
    controllers: readonly Controller[],
    onUnexpected: (controller: string, error: unknown) => void,
  ) {
    this.#queues = controllers.map((controller) => ({
      controller,
      queue: new ControllerQueue(controller, (error) => {
        onUnexpected(controller.name, error);
      }),
    }));
  }

  start(): void {
    this.#unsubscribe = this.objects.store.subscribe((event) => {
      for (const { controller, queue } of this.#queues) for (const key of controller.keysFor(event)) queue.add(key);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await Promise.all(this.#queues.map(({ queue }) => queue.stop()));
  }
}
