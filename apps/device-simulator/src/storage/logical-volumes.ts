import { addFinalizer } from '../model/kube-object.js';
import { quantityOfBytes, type LogicalVolume } from '../model/volume.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import { CsiError } from './csi-error.js';
import type { ThinPool, ThinVolume } from './thin-pool.js';

/** The finalizer with which topolvm-node holds a LogicalVolume until its volume is gone. */
export const logicalVolumeFinalizer = 'topolvm.io/logicalvolume';

/** What a new logical volume is to be. */
export interface LogicalVolumeRequest {
  /** Name of the object: the CSI name of the volume or snapshot. */
  readonly name: string;
  readonly deviceClass: string;
  readonly sizeBytes: number;
  readonly source?: { readonly handle: string; readonly access: ThinVolume['access'] };
}

/** TopoLVM's side of volumes: a LogicalVolume object for each, whose uid is the name of the volume and its CSI handle. */
export class LogicalVolumes {
  constructor(
    private readonly objects: Objects,
    private readonly pool: ThinPool,
    private readonly nodeName: string,
  ) {}

  /** The object behind a CSI handle, or undefined. */
  find(handle: string): LogicalVolume | undefined {
    return this.objects.list(types.logicalVolumes).find(({ status }) => status?.volumeID === handle);
  }

  /** Makes a volume, or finds the one of this name. @throws CsiError; nothing is left then */
  async create(request: LogicalVolumeRequest): Promise<ThinVolume> {
    const present = this.objects.get(types.logicalVolumes, { name: request.name });
    const made = this.pool.find(present?.status?.volumeID ?? '');
    if (made !== undefined) return made;
    const source = request.source === undefined ? undefined : this.find(request.source.handle);
    if (request.source !== undefined && source === undefined) {
      throw new CsiError('NotFound', 'failed to find source volumes');
    }
    const object = this.#object(request, source);
    try {
      const volume = await this.#volume(object.metadata.uid, request);
      this.objects.modify(types.logicalVolumes, keyOf(object), (draft) => {
        draft.status = { volumeID: volume.handle, currentSize: quantityOfBytes(volume.sizeBytes) };
      });
      return volume;
    } catch (error) {
      this.objects.modifyIfPresent(types.logicalVolumes, keyOf(object), (draft) => {
        draft.metadata.finalizers = [];
      });
      this.objects.deleteIfPresent(types.logicalVolumes, keyOf(object));
      throw error;
    }
  }

  /** Grows a volume. @throws CsiError */
  grow(handle: string, sizeBytes: number): ThinVolume {
    const object = this.find(handle);
    if (object === undefined) {
      throw new CsiError('NotFound', `LogicalVolume for volume id ${handle} is not found`);
    }
    const volume = this.pool.grow(handle, sizeBytes);
    this.objects.modify(types.logicalVolumes, keyOf(object), (draft) => {
      draft.spec.size = quantityOfBytes(sizeBytes);
      draft.status = { ...draft.status, currentSize: quantityOfBytes(volume.sizeBytes) };
    });
    return volume;
  }

  /** Asks for the end of a volume. Returns whether it is gone already. */
  remove(handle: string): boolean {
    const object = this.find(handle);
    if (object === undefined) return true;
    this.objects.delete(types.logicalVolumes, keyOf(object));
    return false;
  }

  #object(request: LogicalVolumeRequest, source: LogicalVolume | undefined): LogicalVolume {
    const { name, deviceClass, sizeBytes } = request;
    const object = this.objects.prepare(types.logicalVolumes, {
      metadata: { name },
      spec: {
        name,
        nodeName: this.nodeName,
        deviceClass,
        size: quantityOfBytes(sizeBytes),
        ...(source === undefined
          ? {}
          : { source: source.spec.name, accessType: request.source?.access === 'read-only' ? 'ro' : 'rw' }),
      },
    });
    addFinalizer(object, logicalVolumeFinalizer);
    return this.objects.insert(types.logicalVolumes, types.logicalVolumes.schema.parse(object));
  }

  #volume(handle: string, { deviceClass, sizeBytes, source }: LogicalVolumeRequest): Promise<ThinVolume> {
    if (source === undefined) return this.pool.create(handle, deviceClass, sizeBytes);
    return this.pool.snapshot(handle, source.handle, sizeBytes, source.access);
  }
}
