import type { Controller } from '../controllers/controller.js';
import { TryLater } from '../controllers/controller.js';
import { isTerminating, removeFinalizer } from '../model/kube-object.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import { CsiError } from './csi-error.js';
import { logicalVolumeFinalizer } from './logical-volumes.js';
import type { ThinPool } from './thin-pool.js';

/** Removes the volume of a deleted LogicalVolume and then lets the object go, as topolvm-node does. */
export class LogicalVolumeController implements Controller {
  readonly name = 'topolvm-node';

  constructor(
    private readonly objects: Objects,
    private readonly pool: ThinPool,
  ) {}

  keysFor({ type, object }: StoreEvent): readonly string[] {
    return type === types.logicalVolumes && isTerminating(object) ? [object.metadata.name] : [];
  }

  async reconcile(name: string): Promise<void> {
    const object = this.objects.get(types.logicalVolumes, { name });
    if (object === undefined || !isTerminating(object)) return;
    try {
      await this.pool.remove(object.metadata.uid);
    } catch (error) {
      if (!(error instanceof CsiError)) throw error;
      throw new TryLater(error.message, { cause: error });
    }
    this.objects.modifyIfPresent(types.logicalVolumes, keyOf(object), (draft) => {
      removeFinalizer(draft, logicalVolumeFinalizer);
    });
  }
}
