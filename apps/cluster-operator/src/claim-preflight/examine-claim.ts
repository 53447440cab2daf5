import { ClaimFacts, SnapfleetError, type VolumeReference } from '@snapfleet/contracts';
import { bytesOfQuantity, isTerminating, requiredTopology, type PersistentVolume } from '@snapfleet/kubernetes';
import { legacyTopolvmDriver, topolvmDriver } from '../marks/marks.js';
import type { ClaimSituation } from './claim-situation.js';

const nodeTopologyKey = 'topology.topolvm.io/node';
const deviceClassParameter = 'topolvm.io/device-class';

/** What keeps this claim from being snapshotted; empty: nothing does. */
export function findingsOfClaim(about: VolumeReference, situation: ClaimSituation): readonly SnapfleetError[] {
  const { claim, volume } = situation;
  const name = `PersistentVolumeClaim ${about.namespace}/${about.persistentVolumeClaim}`;
  if (claim === undefined) return [new SnapfleetError('pvc_not_found', `${name} does not exist`)];
  const findings: SnapfleetError[] = [];
  if (isTerminating(claim)) {
    const since = claim.metadata.deletionTimestamp ?? '';
    findings.push(new SnapfleetError('pvc_terminating', `${name} is being deleted since ${since}`));
  }
  if (claim.status?.phase !== 'Bound') {
    findings.push(
      new SnapfleetError('pvc_not_bound', `${name} is ${claim.status?.phase ?? 'without a phase'}, not Bound`),
    );
  } else if (volume === undefined) {
    const missing = claim.spec.volumeName ?? '';
    findings.push(new SnapfleetError('pvc_not_bound', `${name} is bound to ${missing}, which does not exist`));
  }
  if (volume !== undefined) findings.push(...findingsOfVolume(name, volume));
  if (volume !== undefined && (claim.spec.storageClassName ?? '') === '') {
    const why = `${name} has no StorageClass, so nothing could provision its restore`;
    findings.push(new SnapfleetError('wrong_driver', why));
  }
  return findings;
}

function findingsOfVolume(claimName: string, volume: PersistentVolume): readonly SnapfleetError[] {
  const driver = volume.spec.csi?.driver;
  if (driver === topolvmDriver) return [];
  const legacy =
    driver === legacyTopolvmDriver ? ' (the former name of topolvm.io, before TopoLVM 0.14: migrate first)' : '';
  const what = `volume ${volume.metadata.name} of ${claimName} is of ${driver ?? 'no CSI driver'}${legacy}, not of ${topolvmDriver}`;
  return [new SnapfleetError('wrong_driver', what)];
}

/**
 * The facts about a claim that has no findings.
 * @throws SnapfleetError internal where the objects contradict what TopoLVM makes
 */
export function factsOfClaim(about: VolumeReference, situation: ClaimSituation): ClaimFacts {
  const { claim, volume, storageClass, logicalVolume } = situation;
  const volumeHandle = volume?.spec.csi?.volumeHandle;
  const nodeName = volume === undefined ? undefined : requiredTopology(volume, nodeTopologyKey);
  const ofLogicalVolume =
    logicalVolume?.status?.volumeID === volumeHandle ? logicalVolume?.spec.deviceClass : undefined;
  const facts = ClaimFacts.safeParse({
    uid: claim?.metadata.uid,
    volumeName: volume?.metadata.name,
    volumeHandle,
    storageClassName: claim?.spec.storageClassName,
    deviceClass: ofLogicalVolume ?? storageClass?.parameters?.[deviceClassParameter] ?? '',
    capacityBytes: bytesOfQuantity(claim?.status?.capacity?.storage ?? '0'),
    volumeMode: claim?.spec.volumeMode,
    accessModes: claim?.spec.accessModes ?? [],
    nodeName,
  });
  if (facts.success) return facts.data;
  const field = facts.error.issues[0];
  const what = `${about.namespace}/${about.persistentVolumeClaim}: ${field?.path.join('.') ?? ''} ${field?.message ?? ''}`;
  throw new SnapfleetError('internal', what, { cause: facts.error, retryable: false });
}
