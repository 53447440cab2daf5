import { isRestoredFrom, isTerminating, keyOf, type VolumeSnapshot } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { isOurs } from '../marks/marks.js';

/** The finalizers that may be released; any other belongs to somebody who has to be asked. */
const releasable: ReadonlySet<string> = new Set([
  'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection',
  'snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection',
]);

/** Which VolumeSnapshot, and whether to look only. */
export interface FinalizerRelease {
  readonly namespace: string;
  readonly volumeSnapshotName: string;
  /** Where it is known: another one of this name is none of this command's. */
  readonly volumeSnapshotUid?: string | undefined;
  /** How long its deletion must have been asked for already. */
  readonly graceSeconds: number;
  readonly dryRun: boolean;
}

/** What was found, and what was done. */
export interface FinalizerReport {
  /** The finalizers that are, or in a dry run would be, removed. */
  readonly finalizers: readonly string[];
  /** Why nothing may be removed; empty: it is proven that nothing refers to the VolumeSnapshot. */
  readonly blockedBy: readonly string[];
  readonly released: boolean;
}

/** Where it is written down what was removed. */
export interface FinalizerLog {
  log(entry: Readonly<Record<string, unknown>>): void;
}

/**
 * Removes the finalizers of a VolumeSnapshot that will not go, and only with proof: its deletion was asked for long enough
 * ago, it is ours, no claim is being filled from it and no VolumeSnapshotContent refers to it. Removing them while the
 * content exists would orphan the content and its logical volume.
 */
export class ReleaseFinalizersUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
    private readonly log: FinalizerLog,
  ) {}

  /**
   * Undefined where the VolumeSnapshot is gone.
   * @throws KubernetesApiError, 409 where it was changed after the proof
   */
  async run(release: FinalizerRelease, signal: AbortSignal): Promise<FinalizerReport | undefined> {
    const { namespace, volumeSnapshotName: name, volumeSnapshotUid } = release;
    const snapshot = await this.cluster.snapshots.get({ namespace, name }, { signal });
    if (snapshot === undefined) return undefined;
    if (volumeSnapshotUid !== undefined && snapshot.metadata.uid !== volumeSnapshotUid) return undefined;
    const finalizers = snapshot.metadata.finalizers ?? [];
    const blockedBy = [...this.#blockedByItself(snapshot, release), ...(await this.#blockedByOthers(snapshot, signal))];
    if (blockedBy.length > 0 || release.dryRun || finalizers.length === 0) {
      return { finalizers, blockedBy, released: false };
    }
    const { uid, resourceVersion } = snapshot.metadata;
    // Before it is done: what comes after it may be lost in a crash.
    this.log.log({ event: 'finalizers.releasing', volumeSnapshot: `${namespace}/${name}`, uid, finalizers });
    await this.cluster.snapshots.patch(
      keyOf(snapshot),
      { metadata: { uid, resourceVersion, finalizers: null } },
      { signal },
    );
    return { finalizers, blockedBy, released: true };
  }

  #blockedByItself(snapshot: VolumeSnapshot, { graceSeconds }: FinalizerRelease): readonly string[] {
    const { deletionTimestamp, finalizers } = snapshot.metadata;
    const blocked = (finalizers ?? [])
      .filter((finalizer) => !releasable.has(finalizer))
      .map((name) => `finalizer ${name}`);
    if (!isOurs(snapshot)) blocked.push('it was not made by Snapfleet');
    if (!isTerminating(snapshot)) return [...blocked, 'its deletion was not asked for'];
    const waitedSeconds = (this.now().getTime() - Date.parse(deletionTimestamp ?? '')) / 1000;
    if (!(waitedSeconds >= graceSeconds)) {
      blocked.push(
        `its deletion was asked for ${String(Math.round(waitedSeconds))} s ago, less than ${String(graceSeconds)} s`,
      );
    }
    return blocked;
  }

  async #blockedByOthers({ metadata }: VolumeSnapshot, signal: AbortSignal): Promise<readonly string[]> {
    const { namespace = '', name, uid } = metadata;
    const [claims, contents] = await Promise.all([
      this.cluster.claims.list({ namespace }, { signal }),
      this.cluster.snapshotContents.list({}, { signal }),
    ]);
    const pending = claims.filter((claim) => isRestoredFrom(claim, name) && claim.status?.phase === 'Pending');
    const bound = contents.filter(({ spec: { volumeSnapshotRef: ref } }) => {
      return ref.uid === uid || (ref.namespace === namespace && ref.name === name);
    });
    return [
      ...pending.map((claim) => `PersistentVolumeClaim ${claim.metadata.name} is being restored from it`),
      ...bound.map((content) => `VolumeSnapshotContent ${content.metadata.name} refers to it`),
    ];
  }
}
