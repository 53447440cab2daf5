export * from './backup-events.js';
export * from './command-events.js';
export * from './group-events.js';
export * from './orphan-events.js';
export * from './snapshot-events.js';
export * from './verification-events.js';
export * from './volume-events.js';
export * from './workload-events.js';
