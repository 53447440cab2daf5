import { TryLater } from '../controllers/controller.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { annotate, removeFinalizer } from '../model/kube-object.js';
import { snapshotGroup, snapshotMarks as marks, type Snapshot } from '../model/snapshot.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import { contentOf, nameOf, sourceClaimOf } from './snapshot-facts.js';

/** How a deleted VolumeSnapshot goes, in the order of external-snapshotter. */
export class SnapshotDeletion {
  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
  ) {}

  /** The next step. @throws TryLater while a claim is being restored from the snapshot */
  proceed(snapshot: Snapshot): void {
    const finalizers = snapshot.metadata.finalizers ?? [];
    if (!finalizers.includes(marks.sourceFinalizer) && !finalizers.includes(marks.boundFinalizer)) return;
    const content = contentOf(snapshot, this.objects);
    if (content !== undefined && this.#isBeingRestored(snapshot)) {
      this.events.warning(snapshot, 'SnapshotDeletePending', 'Snapshot is being used to restore a PVC');
      throw new TryLater(`snapshot ${nameOf(snapshot)} is in use (being used to restore a PVC), will retry deletion`);
    }
    const deletesContent = content?.spec.deletionPolicy === 'Delete';
    if (content !== undefined) {
      this.objects.modify(types.snapshotContents, keyOf(content), (draft) => {
        annotate(draft, marks.beingDeleted, 'yes');
      });
    }
    if (content !== undefined && deletesContent) this.objects.deleteIfPresent(types.snapshotContents, keyOf(content));
    this.releaseClaim(snapshot, true);
    this.objects.modifyIfPresent(types.snapshots, keyOf(snapshot), (draft) => {
      removeFinalizer(draft, marks.sourceFinalizer);
      if (!deletesContent) removeFinalizer(draft, marks.boundFinalizer);
    });
  }

  /** Lets the source claim go when no snapshot is being cut from it. */
  releaseClaim(snapshot: Snapshot, skipThis: boolean): void {
    const claim = sourceClaimOf(snapshot, this.objects);
    if (claim?.metadata.finalizers?.includes(marks.claimFinalizer) !== true) return;
    const { namespace, name } = claim.metadata;
    const inUse = this.objects
      .list(types.snapshots, namespace)
      .filter((one) => !(skipThis && one.metadata.uid === snapshot.metadata.uid))
      .some(({ spec, status }) => spec.source.persistentVolumeClaimName === name && status?.readyToUse !== true);
    if (inUse) return;
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      removeFinalizer(draft, marks.claimFinalizer);
    });
  }

  #isBeingRestored(snapshot: Snapshot): boolean {
    return this.objects.list(types.claims, snapshot.metadata.namespace).some(({ spec, status }) => {
      const source = spec.dataSource;
      const isThis = source?.kind === 'VolumeSnapshot' && source.apiGroup === snapshotGroup;
      return isThis && source.name === snapshot.metadata.name && status?.phase === 'Pending';
    });
  }
}
