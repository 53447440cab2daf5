import type { KubernetesObject } from '../objects/object-meta.js';
import type { ObjectKey, Scope } from './resource-definition.js';

/** How long to wait, and how to stop waiting. */
export interface WaitOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How to delete. */
export interface RemoveOptions extends CallOptions {
  /** Delete only exactly this version. */
  readonly resourceVersion?: string;
}

/** How to change. */
export interface PatchOptions extends CallOptions {
  /** Have it admitted or refused, without any change (`dryRun=All`). */
  readonly dryRun?: boolean;
}

/** What may be done with the objects of one kind. Every write is parsed back into the object as it is now. */
export interface ResourceApi<T extends KubernetesObject> {
  /** The object, or undefined where it (or its whole API) does not exist. */
  get(key: ObjectKey, options?: CallOptions): Promise<T | undefined>;

  list(scope: Scope, options?: CallOptions): Promise<readonly T[]>;

  /** Creates it; apiVersion and kind are added. @throws KubernetesApiError 409 AlreadyExists */
  create(namespace: string | undefined, manifest: object, options?: CallOptions): Promise<T>;

  /**
   * Asks whether it would be created, as a dry run: admitted and checked, but not stored.
   * @throws KubernetesApiError what its creation is refused with; 409 AlreadyExists only after it was admitted
   */
  tryCreate(namespace: string | undefined, manifest: object, options?: CallOptions): Promise<void>;

  /**
   * Applies a merge patch (RFC 7396). `metadata.uid` and `metadata.resourceVersion` in it are preconditions.
   * @throws KubernetesApiError 409 Conflict where a precondition does not hold
   */
  patch(key: ObjectKey, patch: object, options?: PatchOptions): Promise<T>;

  /**
   * Asks for the deletion of the object with this uid. That it or another is there no more is a success.
   * @throws KubernetesApiError 409 Conflict where a version is given and the object was changed since, or is another
   */
  remove(key: ObjectKey, uid: string, options?: RemoveOptions): Promise<void>;

  /**
   * Waits by watching one object until `decide` returns something; it gets undefined while the object is absent.
   * @throws WaitDeadlineError, what `decide` throws, KubernetesApiError, or the signal's reason
   */
  waitFor<R>(key: ObjectKey, decide: (object: T | undefined) => R | undefined, options: WaitOptions): Promise<R>;

  /** The same over all objects of a scope. */
  waitForAll<R>(scope: Scope, decide: (objects: readonly T[]) => R | undefined, options: WaitOptions): Promise<R>;
}

/** A kind with a scale subresource. */
export interface ScalableApi<T extends KubernetesObject> extends ResourceApi<T> {
  /**
   * Sets the replicas through the scale subresource, provided that the workload is still this one at this version.
   * @throws KubernetesApiError 409 Conflict where it was changed in between
   */
  scale(workload: T, replicas: number, options?: CallOptions): Promise<void>;
}
