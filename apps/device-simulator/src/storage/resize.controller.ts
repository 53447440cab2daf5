import { bytesOfQuantity } from '@snapfleet/kubernetes';
import { TryLater, type Controller } from '../controllers/controller.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { withCondition } from '../model/condition.js';
import { isTerminating } from '../model/kube-object.js';
import { quantityOfBytes, type Claim, type Volume } from '../model/volume.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import { CsiError } from './csi-error.js';
import type { LogicalVolumes } from './logical-volumes.js';

/** Grows the volume of a claim that asks for more than it has, as external-resizer does. */
export class ResizeController implements Controller {
  readonly name = 'external-resizer';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly logicalVolumes: LogicalVolumes,
  ) {}

  keysFor({ type, object, kind }: StoreEvent): readonly string[] {
    return type === types.claims && kind === 'MODIFIED' ? [keyText(keyOf(object))] : [];
  }

  reconcile(text: string): void {
    const claim = this.objects.get(types.claims, parseKey(text));
    if (claim?.status?.phase !== 'Bound' || isTerminating(claim)) return;
    const volume = this.objects.get(types.volumes, { name: claim.spec.volumeName ?? '' });
    const requested = bytesOfQuantity(claim.spec.resources.requests.storage);
    if (volume === undefined || requested <= bytesOfQuantity(volume.spec.capacity.storage)) return;
    this.events.normal(claim, 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`);
    try {
      this.#grow(claim, volume, requested);
    } catch (error) {
      if (!(error instanceof CsiError)) throw error;
      const message = `resize volume "${volume.metadata.name}" by resizer "topolvm.io" failed: ${error.message}`;
      this.events.warning(claim, 'VolumeResizeFailed', message);
      throw new TryLater(message, { cause: error });
    }
  }

  #grow(claim: Claim, volume: Volume, requested: number): void {
    const { sizeBytes } = this.logicalVolumes.grow(volume.spec.csi?.volumeHandle ?? '', requested);
    const storage = quantityOfBytes(sizeBytes);
    this.objects.modify(types.volumes, keyOf(volume), (draft) => {
      draft.spec.capacity = { storage };
    });
    const block = claim.spec.volumeMode === 'Block';
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      if (block) {
        draft.status = { ...draft.status, capacity: { storage } };
        return;
      }
      const condition = {
        type: 'FileSystemResizePending',
        status: 'True',
        message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
      };
      draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition) };
    });
    if (block) this.events.normal(claim, 'VolumeResizeSuccessful', 'Resize volume succeeded');
    else {
      const message = 'Require file system resize of volume on node';
      this.events.normal(claim, 'FileSystemResizeRequired', message);
    }
  }
}
