import { isDeepStrictEqual } from 'node:util';
import { bytesOfQuantity } from '@snapfleet/kubernetes';
import { TryLater, type Controller } from '../controllers/controller.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import {
  addFinalizer,
  annotate,
  isTerminating,
  removeFinalizer,
  timestamp,
  type KubeObject,
} from '../model/kube-object.js';
import { snapshotMarks as marks, type SnapshotContent } from '../model/snapshot.js';
import { topolvmDriver } from '../model/volume.js';
import { CsiError } from '../storage/csi-error.js';
import type { LogicalVolumes } from '../storage/logical-volumes.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';

/** What others ask of a content (shouldEnqueueContentChange of external-snapshotter is the same idea). */
function asked({ spec, metadata }: KubeObject): readonly unknown[] {
  return [spec, metadata.deletionTimestamp, metadata.annotations?.[marks.beingDeleted]];
}

/** The csi-snapshotter sidecar of external-snapshotter v8.7.0: cuts and deletes the snapshots of contents. */
export class SnapshotContentController implements Controller {
  readonly name = 'csi-snapshotter';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly logicalVolumes: LogicalVolumes,
  ) {}

  keysFor({ type, object, kind, previous }: StoreEvent): readonly string[] {
    if (type === types.snapshotContents) {
      // Its own marks and errors are no reason to begin again before the back-off is over.
      const own = previous !== undefined && isDeepStrictEqual(asked(previous), asked(object));
      return kind === 'DELETED' || own ? [] : [object.metadata.name];
    }
    if (type !== types.logicalVolumes || kind !== 'DELETED') return [];
    return this.objects
      .list(types.snapshotContents)
      .filter(isTerminating)
      .map(({ metadata }) => metadata.name);
  }

  async reconcile(name: string): Promise<void> {
    const content = this.objects.get(types.snapshotContents, { name });
    if (content?.spec.driver !== topolvmDriver) return;
    if (this.#shouldDelete(content)) this.#delete(content);
    else if (!isTerminating(content)) {
      this.objects.modify(types.snapshotContents, keyOf(content), (draft) => {
        if (draft.spec.volumeSnapshotRef.uid !== undefined) addFinalizer(draft, marks.contentFinalizer);
      });
      if (content.status?.readyToUse !== true) await this.#cut(content);
    }
  }

  #shouldDelete({ metadata, spec }: SnapshotContent): boolean {
    if (metadata.deletionTimestamp === undefined) return false;
    if (spec.source.snapshotHandle !== undefined && (spec.volumeSnapshotRef.uid ?? '') === '') return true;
    if (metadata.annotations?.[marks.beingCreated] !== undefined) return false;
    return metadata.annotations?.[marks.beingDeleted] !== undefined;
  }

  #delete(content: SnapshotContent): void {
    const handle = content.status?.snapshotHandle;
    if (content.spec.deletionPolicy === 'Delete' && handle !== undefined) {
      // The end of the logical volume calls this again; one that is open is not gone for a while.
      if (!this.logicalVolumes.remove(handle)) return;
      this.objects.modify(types.snapshotContents, keyOf(content), (draft) => {
        const { error } = draft.status ?? {};
        draft.status = error === undefined ? {} : { error };
      });
    }
    this.objects.modifyIfPresent(types.snapshotContents, keyOf(content), (draft) => {
      removeFinalizer(draft, marks.contentFinalizer);
    });
  }

  async #cut(content: SnapshotContent): Promise<void> {
    const { source } = content.spec;
    if (source.snapshotHandle !== undefined) {
      // TopoLVM has no LIST_SNAPSHOTS: a handle that is given is believed, and its size is not known.
      this.#tellReady(content, source.snapshotHandle, undefined);
      return;
    }
    this.#mark(content, 'yes');
    try {
      const volume = await this.#createSnapshot(content, source.volumeHandle ?? '');
      this.#tellReady(content, volume.handle, volume.sizeBytes);
      this.#mark(content, undefined);
    } catch (error) {
      if (!(error instanceof CsiError)) throw error;
      if (error.isFinal) this.#mark(content, undefined);
      this.#tellError(content, source.volumeHandle ?? '', error);
      throw new TryLater(error.message, { cause: error });
    }
  }

  #createSnapshot(content: SnapshotContent, handle: string) {
    const source = this.logicalVolumes.find(handle);
    if (source === undefined) throw new CsiError('NotFound', 'failed to find source volumes');
    return this.logicalVolumes.create({
      name: `snapshot-${content.spec.volumeSnapshotRef.uid ?? ''}`,
      deviceClass: source.spec.deviceClass ?? '',
      sizeBytes: bytesOfQuantity(source.status?.currentSize ?? source.spec.size),
      source: { handle, access: 'read-only' },
    });
  }

  #mark(content: SnapshotContent, value: string | undefined): void {
    this.objects.modifyIfPresent(types.snapshotContents, keyOf(content), (draft) => {
      annotate(draft, marks.beingCreated, value);
    });
  }

  #tellReady(content: SnapshotContent, snapshotHandle: string, restoreSize: number | undefined): void {
    this.objects.modifyIfPresent(types.snapshotContents, keyOf(content), (draft) => {
      draft.status = {
        snapshotHandle,
        creationTime: Math.floor(Date.now() / 1000) * 1e9,
        readyToUse: true,
        ...(restoreSize === undefined ? { restoreSize: 0 } : { restoreSize }),
      };
    });
  }

  #tellError(content: SnapshotContent, handle: string, error: CsiError): void {
    const first = content.status === undefined;
    const about = first ? 'Failed to create snapshot' : 'Failed to check and update snapshot content';
    const why = `failed to take snapshot of the volume ${handle}: ${JSON.stringify(error.message)}`;
    const message = `${about}: ${why}`;
    if (content.status?.error?.message === message) return;
    this.objects.modifyIfPresent(types.snapshotContents, keyOf(content), (draft) => {
      draft.status = { ...draft.status, readyToUse: false, error: { message, time: timestamp() } };
    });
    const reason = first ? 'SnapshotCreationFailed' : 'SnapshotContentCheckandUpdateFailed';
    this.events.warning(content, reason, message);
  }
}
