import { afterAll } from 'vitest';
import { startRealDevice } from '../support/real-device/real-device.js';
import { SharedDevice } from '../support/shared-device.js';
import { describeClusterOperator } from './cluster-operator-suite.js';
import { describeRealDevice } from './real-device-suite.js';
import { describeDeviceConformance } from './suite.js';
import { StuckSnapshot } from './suite/operator-stuck-snapshot.js';
import { describeRights } from './suite/rights.js';

// It takes the better part of a minute to start.
const { start, stop, use } = new SharedDevice(() => startRealDevice());
afterAll(stop);

const stuck = new StuckSnapshot(use);

describeRealDevice(start);
describeDeviceConformance('real', start);
describeClusterOperator('real', start, {
  first: stuck.describeStuck,
  beforeSnapshots: stuck.describeReleased,
  last: () => {
    describeRights({ app: 'cluster-operator', part: 'cluster-operator-hooks', usesAll: true }, use);
    describeRights({ app: 'workload-guard', part: 'workload-guard-hooks', usesAll: false }, use);
  },
});
