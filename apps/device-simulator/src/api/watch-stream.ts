import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../model/kube-object.js';
import { ApiError } from '../store/api-error.js';
import type { ObjectStore, StoreEvent } from '../store/object-store.js';
import { apiVersionOf, type ResourceType } from '../store/resource-type.js';
import { selector, type Selection } from '../store/selection.js';

/** What a watch asks for. */
export interface WatchRequest {
  readonly type: ResourceType;
  readonly selection: Selection;
  /** Undefined or 0: begin with what there is. */
  readonly resourceVersion: number | undefined;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

const defaultTimeoutSeconds = 1800;
const bookmarkEveryMs = 60_000;

/** Streams the changes of the selected objects into an answer until its time is over or the client goes. */
export class WatchStream {
  readonly #selected: (object: KubeObject) => boolean;
  #end: (() => void) | undefined;

  constructor(
    private readonly store: ObjectStore,
    private readonly request: WatchRequest,
    private readonly response: ServerResponse,
  ) {
    this.#selected = selector(request.type, request.selection);
  }

  /** Begins to send; returns at once. */
  start(): void {
    this.response.writeHead(200, { 'content-type': 'application/json' });
    this.response.flushHeaders();
    if (!this.#catchUp()) return;
    const unsubscribe = this.store.subscribe((event) => {
      this.#tell(event);
    });
    const seconds = this.request.timeoutSeconds ?? defaultTimeoutSeconds;
    const timeout = setTimeout(() => {
      this.#bookmark();
      this.stop();
    }, seconds * 1000);
    const bookmarks = setInterval(() => {
      this.#bookmark();
    }, bookmarkEveryMs);
    this.#end = () => {
      unsubscribe();
      clearTimeout(timeout);
      clearInterval(bookmarks);
    };
    this.response.on('close', () => {
      this.stop();
    });
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
    this.response.end();
  }

  #catchUp(): boolean {
    const { resourceVersion, type } = this.request;
    if (resourceVersion === undefined || resourceVersion === 0) {
      for (const object of this.store.list(type)) if (this.#selected(object)) this.#send('ADDED', object);
      return true;
    }
    try {
      for (const event of this.store.since(resourceVersion)) this.#tell(event);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#send('ERROR', error.toStatus());
      this.response.end();
      return false;
    }
  }

  /** An object that a change brings into the selection is added for this watch, one that leaves it is deleted. */
  #tell(event: StoreEvent): void {
    if (event.type !== this.request.type) return;
    const is = this.#selected(event.object);
    if (event.kind !== 'MODIFIED') {
      if (is) this.#send(event.kind, event.object);
      return;
    }
    const was = event.previous !== undefined && this.#selected(event.previous);
    if (is) this.#send(was ? 'MODIFIED' : 'ADDED', event.object);
    else if (was) this.#send('DELETED', event.object);
  }

  #bookmark(): void {
    if (!this.request.bookmarks) return;
    const { type } = this.request;
    const metadata = { resourceVersion: String(this.store.revision), creationTimestamp: null };
    this.#send('BOOKMARK', { kind: type.kind, apiVersion: apiVersionOf(type), metadata });
  }

  #send(type: string, object: object): void {
    this.response.write(`${JSON.stringify({ type, object })}\n`);
  }
}
