import { TryLater, type Controller } from '../controllers/controller.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { addFinalizer, isTerminating, referenceTo } from '../model/kube-object.js';
import { snapshotMarks as marks, type Snapshot, type SnapshotContent } from '../model/snapshot.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import {
  classNamed,
  contentNameOf,
  contentOf,
  defaultClassFor,
  nameOf,
  SnapshotProblem,
  sourceClaimOf,
  sourceVolumeOf,
} from './snapshot-facts.js';
import { copyStatus, tellSnapshotError } from './snapshot-status.js';
import type { SnapshotDeletion } from './snapshot-deletion.js';

/** The snapshot-controller of external-snapshotter v8.7.0: binds each VolumeSnapshot to a content of its own. */
export class SnapshotController implements Controller {
  readonly name = 'snapshot-controller';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly deletion: SnapshotDeletion,
  ) {}

  keysFor({ type, object, kind }: StoreEvent): readonly string[] {
    if (type === types.snapshots) return kind === 'DELETED' ? [] : [keyText(keyOf(object))];
    if (type !== types.snapshotContents) return [];
    const { namespace, name } = types.snapshotContents.schema.parse(object).spec.volumeSnapshotRef;
    return name === undefined ? [] : [keyText({ namespace, name })];
  }

  reconcile(text: string): void {
    const snapshot = this.objects.get(types.snapshots, parseKey(text));
    if (snapshot === undefined) return;
    this.deletion.releaseClaim(snapshot, false);
    if (isTerminating(snapshot)) {
      this.deletion.proceed(snapshot);
      return;
    }
    const classed = this.#withClass(snapshot);
    const content = this.#contentOf(classed);
    this.#protect(classed, content);
    const current = this.objects.find(types.snapshots, keyOf(classed));
    if (current.status?.readyToUse === true && current.status.boundVolumeSnapshotContentName !== undefined) {
      this.#checkReady(current, content);
    } else if (content === undefined) this.#createContent(current);
    else copyStatus(this.objects, this.events, current, this.#bound(current, content));
  }

  #withClass(snapshot: Snapshot): Snapshot {
    const { volumeSnapshotClassName, source } = snapshot.spec;
    try {
      if (volumeSnapshotClassName !== undefined) {
        classNamed(volumeSnapshotClassName, this.objects);
        return snapshot;
      }
    } catch (error) {
      this.#refuse(snapshot, 'GetSnapshotClassFailed', 'Failed to get snapshot class with error', error, false);
    }
    if (source.volumeSnapshotContentName !== undefined) return snapshot;
    try {
      const { name } = defaultClassFor(snapshot, this.objects).metadata;
      return this.objects.modify(types.snapshots, keyOf(snapshot), (draft) => {
        draft.spec.volumeSnapshotClassName = name;
      });
    } catch (error) {
      this.#refuse(
        snapshot,
        'SetDefaultSnapshotClassFailed',
        'Failed to set default snapshot class with error',
        error,
        false,
      );
    }
  }

  /** The content of a static snapshot may not yet name its uid. */
  #contentOf(snapshot: Snapshot): SnapshotContent | undefined {
    const name = snapshot.spec.source.volumeSnapshotContentName;
    if (name === undefined) return contentOf(snapshot, this.objects);
    const content = this.objects.get(types.snapshotContents, { name });
    if (content === undefined) {
      const missing = new SnapshotProblem('VolumeSnapshotContent is missing');
      this.#refuse(snapshot, 'SnapshotContentMissing', '', missing, true);
    }
    if (content.spec.source.snapshotHandle === undefined) {
      const message = 'VolumeSnapshotContent is dynamically provisioned while expecting a pre-provisioned one';
      this.#refuse(snapshot, 'SnapshotContentMismatch', '', new SnapshotProblem(message), true);
    }
    const ref = content.spec.volumeSnapshotRef;
    const { namespace, name: own, uid } = snapshot.metadata;
    if (ref.name !== own || ref.namespace !== namespace || ((ref.uid ?? '') !== '' && ref.uid !== uid)) {
      const message = `VolumeSnapshotContent [${name}] is bound to a different snapshot`;
      this.#refuse(snapshot, 'SnapshotContentMisbound', '', new SnapshotProblem(message), true);
    }
    return content;
  }

  #protect(snapshot: Snapshot, content: SnapshotContent | undefined): void {
    this.objects.modify(types.snapshots, keyOf(snapshot), (draft) => {
      addFinalizer(draft, marks.sourceFinalizer);
      if (content?.spec.deletionPolicy === 'Delete') addFinalizer(draft, marks.boundFinalizer);
    });
  }

  #checkReady(snapshot: Snapshot, content: SnapshotContent | undefined): void {
    if (content !== undefined) return;
    const problem = { reason: 'SnapshotContentMissing', message: 'VolumeSnapshotContent is missing', notReady: true };
    tellSnapshotError(this.objects, this.events, snapshot, problem);
  }

  #bound(snapshot: Snapshot, content: SnapshotContent): SnapshotContent {
    if (content.spec.volumeSnapshotRef.uid === snapshot.metadata.uid) return content;
    return this.objects.modify(types.snapshotContents, keyOf(content), (draft) => {
      draft.spec.volumeSnapshotRef = { ...draft.spec.volumeSnapshotRef, uid: snapshot.metadata.uid };
      const { volumeSnapshotClassName } = snapshot.spec;
      if (volumeSnapshotClassName !== undefined) draft.spec.volumeSnapshotClassName = volumeSnapshotClassName;
    });
  }

  #createContent(snapshot: Snapshot): void {
    try {
      this.#holdClaim(snapshot);
      const content = this.#newContent(snapshot);
      const message = `Waiting for a snapshot ${nameOf(snapshot)} to be created by the CSI driver.`;
      this.events.normal(snapshot, 'CreatingSnapshot', message);
      copyStatus(this.objects, this.events, snapshot, content);
    } catch (error) {
      this.#refuse(
        snapshot,
        'SnapshotContentCreationFailed',
        'Failed to create snapshot content with error',
        error,
        true,
      );
    }
  }

  /** The claim must stay while it is cut. */
  #holdClaim(snapshot: Snapshot): void {
    const claim = sourceClaimOf(snapshot, this.objects);
    const failed = 'snapshot controller failed to update';
    if (claim === undefined) {
      throw new SnapshotProblem(`${failed} ${snapshot.metadata.name} on API server: cannot get claim from snapshot`);
    }
    if (claim.metadata.finalizers?.includes(marks.claimFinalizer) === true) return;
    if (isTerminating(claim)) {
      const why = 'cannot add finalizer on claim because it is being deleted';
      throw new SnapshotProblem(`${failed} ${claim.metadata.name} on API server: ${why}`);
    }
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      addFinalizer(draft, marks.claimFinalizer);
    });
  }

  #newContent(snapshot: Snapshot): SnapshotContent {
    let volume;
    try {
      volume = sourceVolumeOf(snapshot, this.objects);
    } catch (error) {
      if (!(error instanceof SnapshotProblem)) throw error;
      const message = `failed to get input parameters to create snapshot ${snapshot.metadata.name}: ${JSON.stringify(error.message)}`;
      throw new SnapshotProblem(message, { cause: error });
    }
    const snapshotClass = classNamed(snapshot.spec.volumeSnapshotClassName ?? '', this.objects);
    const { volumeMode, csi } = volume.spec;
    return this.objects.create(types.snapshotContents, {
      metadata: { name: contentNameOf(snapshot), finalizers: [marks.contentFinalizer] },
      spec: {
        deletionPolicy: snapshotClass.deletionPolicy,
        driver: snapshotClass.driver,
        source: { volumeHandle: csi?.volumeHandle ?? '' },
        ...(volumeMode === undefined ? {} : { sourceVolumeMode: volumeMode }),
        volumeSnapshotClassName: snapshotClass.metadata.name,
        volumeSnapshotRef: referenceTo(snapshot),
      },
    });
  }

  #refuse(snapshot: Snapshot, reason: string, about: string, error: unknown, notReady: boolean): never {
    if (!(error instanceof SnapshotProblem)) throw error;
    const message = about === '' ? error.message : `${about} ${error.message}`;
    tellSnapshotError(this.objects, this.events, snapshot, { reason, message, notReady });
    throw new TryLater(message, { cause: error });
  }
}
