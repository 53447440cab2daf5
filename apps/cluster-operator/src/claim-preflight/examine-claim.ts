import { ClaimFacts, SnapfleetError, type VolumeReference } from '@snapfleet/contracts';
import {
  claimCapacityBytes,
  claimPhase,
  isTerminating,
  requiredTopology,
  volumeNameOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '@snapfleet/kubernetes';
import { legacyTopolvmDriver, topolvmDriver } from '../marks/marks.js';
import type { ClaimSituation } from './claim-situation.js';

const nodeTopologyKey = 'topology.topolvm.io/node';
const deviceClassParameter = 'topolvm.io/device-class';

const nameOf = (about: VolumeReference): string =>
  `PersistentVolumeClaim ${about.namespace}/${about.persistentVolumeClaim}`;

/** What keeps this claim from being snapshotted; empty: nothing does. */
export function findingsOfClaim(about: VolumeReference, situation: ClaimSituation): readonly SnapfleetError[] {
  const { claim, volume } = situation;
  const name = nameOf(about);
  if (claim === undefined) return [new SnapfleetError('pvc_not_found', `${name} does not exist`)];
  const findings: SnapfleetError[] = [];
  if (isTerminating(claim)) findings.push(new SnapfleetError('pvc_terminating', `${name} is being deleted`));
  const unbound = whyNotBound(claim, volume);
  if (unbound !== undefined) findings.push(new SnapfleetError('pvc_not_bound', `${name} ${unbound}`));
  if (volume !== undefined) {
    findings.push(...findingsOfVolume(name, volume));
    if ((claim.spec.storageClassName ?? '') === '') {
      const why = `${name} has no StorageClass, so nothing could provision its restore`;
      findings.push(new SnapfleetError('wrong_driver', why));
    }
  }
  return findings;
}

function whyNotBound(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): string | undefined {
  if (claimPhase(claim) !== 'Bound') return `is ${claimPhase(claim)}, not Bound`;
  return volume === undefined ? `is bound to volume ${volumeNameOf(claim) ?? ''}, which does not exist` : undefined;
}

function findingsOfVolume(claimName: string, volume: PersistentVolume): readonly SnapfleetError[] {
  const driver = volume.spec.csi?.driver;
  if (driver === topolvmDriver) return [];
  const legacy = driver === legacyTopolvmDriver ? ' (the former name of topolvm.io: migrate the volumes first)' : '';
  const what = `volume ${volume.metadata.name} of ${claimName} is of ${driver ?? 'no CSI driver'}${legacy}, not of ${topolvmDriver}`;
  return [new SnapfleetError('wrong_driver', what)];
}

/**
 * The facts about a claim that has no findings.
 * @throws SnapfleetError internal where the objects contradict what TopoLVM makes
 */
export function factsOfClaim(about: VolumeReference, situation: ClaimSituation): ClaimFacts {
  const { claim, volume } = situation;
  if (claim === undefined || volume === undefined) {
    throw new SnapfleetError('internal', `${nameOf(about)} is not there`, { retryable: false });
  }
  const facts = ClaimFacts.safeParse({
    uid: claim.metadata.uid,
    volumeName: volume.metadata.name,
    volumeHandle: volume.spec.csi?.volumeHandle,
    storageClassName: claim.spec.storageClassName,
    deviceClass: deviceClassOf(situation),
    capacityBytes: claimCapacityBytes(claim),
    volumeMode: claim.spec.volumeMode,
    accessModes: claim.spec.accessModes ?? [],
    nodeName: requiredTopology(volume, nodeTopologyKey),
  });
  if (facts.success) return facts.data;
  const why = facts.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', ');
  throw new SnapfleetError('internal', `${nameOf(about)}: ${why}`, { cause: facts.error, retryable: false });
}

/** What TopoLVM wrote down for this volume; else what the class says, which may have been changed since. */
function deviceClassOf({ volume, storageClass, logicalVolume }: ClaimSituation): string {
  const written =
    logicalVolume?.status?.volumeID === volume?.spec.csi?.volumeHandle ? logicalVolume?.spec.deviceClass : undefined;
  return written ?? storageClass?.parameters?.[deviceClassParameter] ?? '';
}
