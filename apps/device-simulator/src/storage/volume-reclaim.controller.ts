import type { Controller } from '../controllers/controller.js';
import { isTerminating, removeFinalizer } from '../model/kube-object.js';
import { topolvmDriver, type Volume } from '../model/volume.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { LogicalVolumes } from './logical-volumes.js';

const provisionerFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer';

/** Releases a volume whose claim is gone, and deletes it with its data where the policy says so. */
export class VolumeReclaimController implements Controller {
  readonly name = 'volume-reclaim';

  constructor(
    private readonly objects: Objects,
    private readonly logicalVolumes: LogicalVolumes,
  ) {}

  keysFor({ type, object, kind }: StoreEvent): readonly string[] {
    if (type === types.volumes) return kind === 'DELETED' ? [] : [object.metadata.name];
    const gone = kind === 'DELETED' && (type === types.claims || type === types.logicalVolumes);
    return gone ? this.objects.list(types.volumes).map(({ metadata }) => metadata.name) : [];
  }

  reconcile(name: string): void {
    const volume = this.objects.get(types.volumes, { name });
    if (volume === undefined || this.#claimIsThere(volume)) return;
    // A reference without uid reserves the volume for a claim that is still to come.
    const released = volume.spec.claimRef?.uid !== undefined;
    if (!isTerminating(volume)) this.#tell(volume, released ? 'Released' : 'Available');
    if (released && this.#deletesData(volume)) {
      if (!this.logicalVolumes.remove(volume.spec.csi?.volumeHandle ?? '')) return;
      this.objects.deleteIfPresent(types.volumes, keyOf(volume));
      this.#release(volume);
    } else if (isTerminating(volume)) this.#release(volume);
  }

  #deletesData({ spec }: Volume): boolean {
    return spec.persistentVolumeReclaimPolicy === 'Delete' && spec.csi?.driver === topolvmDriver;
  }

  #claimIsThere({ spec }: Volume): boolean {
    const { namespace, name, uid } = spec.claimRef ?? {};
    if (namespace === undefined || name === undefined) return false;
    const claim = this.objects.get(types.claims, { namespace, name });
    return claim !== undefined && (uid === undefined || claim.metadata.uid === uid);
  }

  #tell(volume: Volume, phase: string): void {
    this.objects.modifyIfPresent(types.volumes, keyOf(volume), (draft) => {
      draft.status = { ...draft.status, phase };
    });
  }

  #release(volume: Volume): void {
    this.objects.modifyIfPresent(types.volumes, keyOf(volume), (draft) => {
      removeFinalizer(draft, 'kubernetes.io/pv-protection');
      removeFinalizer(draft, provisionerFinalizer);
    });
  }
}
