import { isDeepStrictEqual } from 'node:util';
import { bytesOfQuantity } from '@snapfleet/kubernetes';
import { addFinalizer } from '../model/kube-object.js';
import type { Claim } from '../model/volume.js';
import { forbidden, forbiddenField, invalidField, type InvalidField } from '../store/api-error.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';
import { rule, type AdmissionRule } from './admission-rule.js';

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

function fillClaim(claim: Claim, objects: Objects): void {
  const { spec } = claim;
  spec.volumeMode ??= 'Filesystem';
  if (spec.storageClassName === undefined) {
    const standard = objects
      .list(types.storageClasses)
      .find(({ metadata }) => metadata.annotations?.[defaultClass] === 'true');
    if (standard !== undefined) spec.storageClassName = standard.metadata.name;
  }
  const source = spec.dataSourceRef ?? spec.dataSource ?? undefined;
  if (source !== undefined) {
    spec.dataSource ??= source;
    spec.dataSourceRef ??= source;
  }
}

function sizeOf(claim: Claim): number | undefined {
  try {
    return bytesOfQuantity(claim.spec.resources.requests.storage);
  } catch {
    return undefined;
  }
}

function checkClaim(claim: Claim): InvalidField[] {
  const size = sizeOf(claim);
  if (size !== undefined && size > 0) return [];
  const { storage } = claim.spec.resources.requests;
  return [invalidField('spec.resources[storage]', storage, 'must be greater than zero')];
}

/** The parts of a claim that stay as they were made. `volumeName` is set once, by the binder. */
function fixedPart({ spec }: Claim): object {
  return { ...spec, resources: undefined, volumeName: undefined, volumeAttributesClassName: undefined };
}

function checkClaimChange(present: Claim, next: Claim, objects: Objects): InvalidField[] {
  const before = sizeOf(present) ?? 0;
  const after = sizeOf(next) ?? 0;
  const rebound = present.spec.volumeName !== undefined && present.spec.volumeName !== next.spec.volumeName;
  const resizedUnbound = present.status?.phase !== 'Bound' && before !== after;
  if (!isDeepStrictEqual(fixedPart(present), fixedPart(next)) || rebound || resizedUnbound) {
    return [
      forbiddenField(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    ];
  }
  if (after < before) {
    return [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')];
  }
  if (after > before && !mayGrow(present, objects)) {
    const why =
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
    throw forbidden(types.claims, present.metadata.name, why);
  }
  return [];
}

function mayGrow(claim: Claim, objects: Objects): boolean {
  const name = claim.spec.storageClassName ?? '';
  return objects.get(types.storageClasses, { name })?.allowVolumeExpansion === true;
}

const fixed = (field: string, present: unknown, next: unknown): InvalidField[] =>
  isDeepStrictEqual(present, next) ? [] : [invalidField(field, next, 'field is immutable')];

const fixedOnceSet = (field: string, present: unknown, next: unknown): InvalidField[] =>
  isDeepStrictEqual(present, next) ? [] : [invalidField(field, next, `${field.split('.').at(-1) ?? ''} is immutable`)];

/** Claims, volumes, snapshots and their classes. */
export const storageRules: readonly AdmissionRule[] = [
  rule({
    type: types.claims,
    begin: (claim) => {
      addFinalizer(claim, 'kubernetes.io/pvc-protection');
      claim.status = { phase: 'Pending' };
    },
    fill: fillClaim,
    check: checkClaim,
    checkChange: checkClaimChange,
  }),
  rule({
    type: types.volumes,
    begin: (volume) => {
      addFinalizer(volume, 'kubernetes.io/pv-protection');
      volume.status = { phase: 'Pending' };
    },
    fill: ({ spec }) => {
      spec.persistentVolumeReclaimPolicy ??= 'Retain';
      spec.volumeMode ??= 'Filesystem';
    },
    checkChange: (present, next) =>
      isDeepStrictEqual(present.spec.csi, next.spec.csi)
        ? []
        : [forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')],
  }),
  rule({
    type: types.storageClasses,
    fill: (storageClass) => {
      storageClass.reclaimPolicy ??= 'Delete';
      storageClass.volumeBindingMode ??= 'Immediate';
    },
    checkChange: (present, next) => [
      ...fixed('provisioner', present.provisioner, next.provisioner),
      ...fixed('parameters', present.parameters, next.parameters),
      ...fixed('reclaimPolicy', present.reclaimPolicy, next.reclaimPolicy),
      ...fixed('volumeBindingMode', present.volumeBindingMode, next.volumeBindingMode),
    ],
  }),
  rule({
    type: types.snapshots,
    checkChange: (present, next) => [
      ...fixedOnceSet(
        'spec.source.persistentVolumeClaimName',
        present.spec.source.persistentVolumeClaimName,
        next.spec.source.persistentVolumeClaimName,
      ),
      ...fixedOnceSet(
        'spec.source.volumeSnapshotContentName',
        present.spec.source.volumeSnapshotContentName,
        next.spec.source.volumeSnapshotContentName,
      ),
    ],
  }),
  rule({
    type: types.snapshotContents,
    checkChange: (present, next) => [
      ...fixedOnceSet('spec.source.volumeHandle', present.spec.source.volumeHandle, next.spec.source.volumeHandle),
      ...fixedOnceSet(
        'spec.source.snapshotHandle',
        present.spec.source.snapshotHandle,
        next.spec.source.snapshotHandle,
      ),
    ],
  }),
];
