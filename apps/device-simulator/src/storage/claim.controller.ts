import { bytesOfQuantity } from '@snapfleet/kubernetes';
import { TryLater, type Controller } from '../controllers/controller.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { selectedNode } from '../controllers/scheduler.controller.js';
import { annotate, isTerminating, referenceTo } from '../model/kube-object.js';
import { quantityOfBytes, topolvmDriver, type Claim, type StorageClass, type Volume } from '../model/volume.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import { sourceHandleOf, SourceError } from './claim-source.js';
import { CsiError } from './csi-error.js';
import type { LogicalVolumes } from './logical-volumes.js';
import type { ThinVolume } from './thin-pool.js';

const provisionerAnnotations = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
];
const topologyKey = 'topology.topolvm.io/node';

/** The smallest volumes by filesystem (topolvm v0.41.0, cmd/topolvm-controller/app/root.go). */
const smallestBytes: Readonly<Record<string, number>> = { xfs: 300 << 20, ext4: 32 << 20, btrfs: 200 << 20 };
const smallestBlockBytes = 8 << 20;
const sectorBytes = 4096;

/** Binds claims: finds or makes a volume for each, when its StorageClass says that it is time. */
export class ClaimController implements Controller {
  readonly name = 'persistentvolume-binder';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly logicalVolumes: LogicalVolumes,
    private readonly nodeName: string,
  ) {}

  keysFor({ type, object, kind }: StoreEvent): readonly string[] {
    if (type === types.claims && kind !== 'DELETED') return [keyText(keyOf(object))];
    if (type !== types.snapshots) return [];
    const { namespace, name } = object.metadata;
    return this.objects
      .list(types.claims, namespace)
      .filter(({ spec, status }) => status?.phase === 'Pending' && spec.dataSource?.name === name)
      .map((claim) => keyText(keyOf(claim)));
  }

  async reconcile(text: string): Promise<void> {
    const claim = this.objects.get(types.claims, parseKey(text));
    if (claim === undefined || isTerminating(claim) || claim.status?.phase === 'Bound') return;
    if (claim.spec.volumeName !== undefined) {
      this.#bindPresent(claim, claim.spec.volumeName);
      return;
    }
    const storageClass = this.#classOf(claim);
    if (storageClass === undefined) return;
    if (
      storageClass.volumeBindingMode === 'WaitForFirstConsumer' &&
      claim.metadata.annotations?.[selectedNode] === undefined
    ) {
      this.events.normal(claim, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      return;
    }
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      for (const annotation of provisionerAnnotations) annotate(draft, annotation, topolvmDriver);
    });
    await this.#provision(claim, storageClass);
  }

  #bindPresent(claim: Claim, name: string): void {
    const volume = this.objects.get(types.volumes, { name });
    if (volume === undefined) return;
    const { claimRef } = volume.spec;
    const { namespace, uid } = claim.metadata;
    const free = claimRef === undefined || (claimRef.namespace === namespace && claimRef.name === claim.metadata.name);
    if (free && (claimRef?.uid ?? uid) === uid) this.#bind(claim, volume);
  }

  #classOf(claim: Claim): StorageClass | undefined {
    const name = claim.spec.storageClassName ?? '';
    const storageClass = this.objects.get(types.storageClasses, { name });
    if (storageClass === undefined) {
      if (name === '') {
        this.events.normal(
          claim,
          'FailedBinding',
          'no persistent volumes available for this claim and no storage class is set',
        );
        return undefined;
      }
      const message = `storageclass.storage.k8s.io "${name}" not found`;
      this.events.warning(claim, 'ProvisioningFailed', message);
      throw new TryLater(message);
    }
    if (storageClass.provisioner === topolvmDriver) return storageClass;
    const provisioner = storageClass.provisioner;
    this.events.normal(
      claim,
      'ExternalProvisioning',
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    );
    return undefined;
  }

  async #provision(claim: Claim, storageClass: StorageClass): Promise<void> {
    const about = `${claim.metadata.namespace ?? ''}/${claim.metadata.name}`;
    this.events.normal(claim, 'Provisioning', `External provisioner is provisioning volume for claim "${about}"`);
    const name = `pvc-${claim.metadata.uid}`;
    try {
      const volume = await this.#createVolume(claim, storageClass, name);
      if (this.objects.get(types.claims, keyOf(claim))?.metadata.uid !== claim.metadata.uid) {
        this.logicalVolumes.remove(volume.handle);
        return;
      }
      this.#bind(claim, this.#persistentVolume(claim, storageClass, name, volume));
      this.events.normal(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
    } catch (error) {
      if (!(error instanceof CsiError || error instanceof SourceError)) throw error;
      const message = `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${error.message}`;
      this.events.warning(claim, 'ProvisioningFailed', message);
      throw new TryLater(message, { cause: error });
    }
  }

  async #createVolume(claim: Claim, storageClass: StorageClass, name: string): Promise<ThinVolume> {
    checkCapabilities(claim);
    const deviceClass = storageClass.parameters?.['topolvm.io/device-class'] ?? '';
    const sizeBytes = requestedBytes(claim, storageClass);
    const handle = sourceHandleOf(claim, this.objects);
    if (handle === undefined) return this.logicalVolumes.create({ name, deviceClass, sizeBytes });
    const source = this.logicalVolumes.find(handle);
    if (source === undefined) throw new CsiError('NotFound', 'failed to find source snapshot');
    if (sizeBytes < bytesOfQuantity(source.status?.currentSize ?? '0')) {
      throw new CsiError('OutOfRange', 'requested size is smaller than the size of the source');
    }
    if (deviceClass !== (source.spec.deviceClass ?? '')) {
      throw new CsiError(
        'InvalidArgument',
        'device class mismatch. Snapshots should be created with the same device class as the source.',
      );
    }
    return this.logicalVolumes.create({ name, deviceClass, sizeBytes, source: { handle, access: 'read-write' } });
  }

  #persistentVolume(claim: Claim, storageClass: StorageClass, name: string, volume: ThinVolume): Volume {
    const { accessModes, volumeMode } = claim.spec;
    const present = this.objects.get(types.volumes, { name });
    if (present !== undefined) return present;
    const fsType = fsTypeOf(storageClass);
    return this.objects.create(types.volumes, {
      metadata: {
        name,
        annotations: { 'pv.kubernetes.io/provisioned-by': topolvmDriver },
        finalizers: ['external-provisioner.volume.kubernetes.io/finalizer', 'kubernetes.io/pv-protection'],
      },
      spec: {
        capacity: { storage: quantityOfBytes(volume.sizeBytes) },
        accessModes,
        volumeMode,
        storageClassName: storageClass.metadata.name,
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        claimRef: referenceTo(claim),
        csi: {
          driver: topolvmDriver,
          volumeHandle: volume.handle,
          ...(volumeMode === 'Block' ? {} : { fsType }),
          volumeAttributes: { 'storage.kubernetes.io/csiProvisionerIdentity': 'embedded-topolvm.io' },
        },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: topologyKey, operator: 'In', values: [this.nodeName] }] }],
          },
        },
      },
      status: { phase: 'Pending' },
    });
  }

  #bind(claim: Claim, volume: Volume): void {
    this.objects.modify(types.volumes, keyOf(volume), (draft) => {
      draft.spec.claimRef ??= referenceTo(claim);
      draft.status = { ...draft.status, phase: 'Bound' };
    });
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      annotate(draft, 'pv.kubernetes.io/bind-completed', 'yes');
      annotate(draft, 'pv.kubernetes.io/bound-by-controller', 'yes');
      draft.spec.volumeName = volume.metadata.name;
      draft.status = {
        phase: 'Bound',
        accessModes: [...volume.spec.accessModes],
        capacity: { storage: volume.spec.capacity.storage },
      };
    });
  }
}

/** @throws CsiError InvalidArgument for what the driver does not make */
function checkCapabilities(claim: Claim): void {
  const unsupported = claim.spec.accessModes.find((mode) => mode !== 'ReadWriteOnce');
  if (unsupported !== undefined) {
    const mode = unsupported === 'ReadOnlyMany' ? 'MULTI_NODE_READER_ONLY' : 'MULTI_NODE_MULTI_WRITER';
    throw new CsiError('InvalidArgument', `unsupported access mode: ${mode}`);
  }
  if (claim.spec.volumeMode === 'Block') {
    throw new CsiError('InvalidArgument', 'an embedded device has no block volumes');
  }
}

const fsTypeOf = (storageClass: StorageClass): string =>
  storageClass.parameters?.['csi.storage.k8s.io/fstype'] ?? 'ext4';

function requestedBytes(claim: Claim, storageClass: StorageClass): number {
  const asked = bytesOfQuantity(claim.spec.resources.requests.storage);
  const smallest =
    claim.spec.volumeMode === 'Block' ? smallestBlockBytes : (smallestBytes[fsTypeOf(storageClass)] ?? 0);
  return Math.ceil(Math.max(asked, smallest) / sectorBytes) * sectorBytes;
}
