export { FakeCluster } from './fake-cluster.js';
export type { FakeProgram } from './fake-pods.js';
