export * from './backup-commands.js';
export * from './cluster-commands.js';
export * from './host-commands.js';
export * from './pool-commands.js';
