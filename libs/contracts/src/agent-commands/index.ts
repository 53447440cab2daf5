export * from './backup-commands.js';
export * from './cluster-commands.js';
export * from './guard-commands.js';
export * from './host-commands.js';
export * from './inventory-entry.js';
export * from './orphan-commands.js';
export * from './pool-commands.js';
export * from './volume-commands.js';
