export { compareManifests, type Comparison } from './manifest/compare-manifests.js';
export { escapePath, unescapePath } from './manifest/escape-path.js';
export { ManifestEntry } from './manifest/manifest-entry.js';
export { readManifest, readManifestSummary } from './manifest/manifest-file.js';
export type { ScanOptions, ScanProgress } from './manifest/scan-tree.js';
export { scanVolume, type VolumeMode, type VolumeScan } from './manifest/scan-volume.js';
export { CopyMover, type CopyMoverSettings } from './copy/copy-mover.js';
export { removeTree } from './copy/rsync.js';
export type {
  BackupRequest,
  Mover,
  MoverProgress,
  Movers,
  RestoredBackup,
  RestorePointKey,
  RestoreRequest,
  StoredBackup,
} from './mover.js';
export { createMovers, moverOf, moverSettings, type MoverSettings } from './mover-settings.js';
export { ResticMover } from './restic/restic-mover.js';
export type { ResticSettings } from './restic/restic-repository.js';
export type { AgentCaller } from './exposure/agent-caller.js';
export { OneAtATime } from './exposure/one-at-a-time.js';
export {
  type ExposedVolume,
  type Exposure,
  type ExposureContext,
  giveBackLease,
  withExposedVolume,
} from './exposure/with-exposed-volume.js';
export { errorOf } from './interruption.js';
export type { EventSink } from './exposure/event-sink.js';
export { Scratch } from './scratch.js';
