import { afterAll } from 'vitest';
import { startRealDevice, type RealDevice } from '../support/real-device/real-device.js';
import { describeClusterOperator } from './cluster-operator-suite.js';
import { describeRealDevice } from './real-device-suite.js';
import { describeDeviceConformance } from './suite.js';
import { StuckSnapshot } from './suite/operator-stuck-snapshot.js';
import { describeRights } from './suite/rights.js';

let device: RealDevice | undefined;
let stop: (() => Promise<void>) | undefined;
/** One device for all suites: it takes the better part of a minute to start. */
async function start(): Promise<RealDevice> {
  if (device !== undefined) return device;
  device = await startRealDevice();
  stop = device.stop.bind(device);
  // Each suite stops what it has started.
  device.stop = () => Promise.resolve();
  return device;
}
afterAll(() => stop?.());

const use = (): RealDevice => {
  if (device === undefined) throw new Error('the device did not start');
  return device;
};
const stuck = new StuckSnapshot(use);

describeRealDevice(start);
describeDeviceConformance('real', start);
describeClusterOperator('real', start, {
  first: stuck.describeStuck,
  beforeSnapshots: stuck.describeReleased,
  last: () => {
    describeRights({ app: 'cluster-operator', part: 'cluster-operator-hooks', usesAll: true }, use);
    describeRights({ app: 'workload-guard', usesAll: false }, use);
  },
});
