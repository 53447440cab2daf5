export { findThinVolume, poolFacts, toFacts, type PoolFacts, type VolumeGroupChoice } from './find-volume.js';
export {
  activation,
  deactivation,
  thinVolumes,
  volumeColumns,
  volumeGroups,
  volumeOfUuid,
  volumesOfHandle,
} from './lvm-arguments.js';
export { parseVolumeGroupNames, parseVolumes, type ReportedVolume } from './reported-volume.js';
