import { startRealDevice, type RealDevice } from '../support/real-device/real-device.js';
import { describeClusterOperator } from './cluster-operator-suite.js';
import { StuckSnapshot } from './suite/operator-stuck-snapshot.js';
import { describeRights } from './suite/rights.js';

let device: RealDevice | undefined;
const start = async (): Promise<RealDevice> => {
  device = await startRealDevice();
  return device;
};
const use = (): RealDevice => {
  if (device === undefined) throw new Error('the device did not start');
  return device;
};

const stuck = new StuckSnapshot(use);

describeClusterOperator('real', start, {
  first: stuck.describeStuck,
  beforeSnapshots: stuck.describeReleased,
  last: () => {
    describeRights({ app: 'cluster-operator', part: 'cluster-operator-hooks', usesAll: true }, use);
    describeRights({ app: 'workload-guard', usesAll: false }, use);
  },
});
