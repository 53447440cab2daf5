export { syncDirectory } from './sync-directory.js';
export { writeFileDurably } from './write-file-durably.js';
