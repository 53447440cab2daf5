export {
  findThinVolume,
  poolFacts,
  thinVolumesOf,
  toFacts,
  type PoolFacts,
  type VolumeGroupChoice,
} from './find-volume.js';
export {
  activation,
  deactivation,
  removal,
  thinVolumes,
  volumeColumns,
  volumeGroups,
  volumeOfUuid,
  volumesOfHandle,
} from './lvm-arguments.js';
export { parseVolumeGroupNames, parseVolumes, type ReportedVolume } from './reported-volume.js';
