export {
  findThinVolume,
  findVolume,
  thin,
  thinVolumesOf,
  toFacts,
  unreadableVolume,
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
  volumesForSurvey,
  volumesOfHandle,
  wasRefusedLock,
} from './lvm-arguments.js';
export { parseLvmdConfiguration } from './lvmd-configuration.js';
export { poolFacts } from './pool-facts.js';
export {
  parseVolumeGroupNames,
  parseVolumes,
  type ReportedVolume,
  type UnreadableRow,
  type VolumeReport,
} from './reported-volume.js';
