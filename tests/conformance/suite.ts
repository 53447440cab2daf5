/**
 * What Snapfleet relies on of a device, through the plain Kubernetes client: the same on the real device and on the
 * embedded one. Where they differ, the real one is right.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { DeviceUnderTest, StartDevice } from '../support/device-under-test.js';
import { Cluster } from './suite/cluster.js';
import { describeEnvironment } from './suite/environment.js';
import { describeExec } from './suite/exec.js';
import { describeObjects } from './suite/objects.js';
import { describeSnapshots } from './suite/snapshots.js';
import { describeVolumes } from './suite/volumes.js';
import { describeWatches } from './suite/watches.js';
import { describeWorkloads } from './suite/workloads.js';

const startDeadlineMs = 15 * 60_000;

/** Runs the suite on one device, which is started for it and stopped after it. */
export function describeDeviceConformance(name: string, start: StartDevice): void {
  describe(`the ${name} device`, () => {
    let device: DeviceUnderTest | undefined;
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      device = await start();
      cluster = new Cluster(device);
    }, startDeadlineMs);
    afterAll(async () => {
      await device?.stop();
    });
    const use = (): Cluster => {
      if (cluster === undefined) throw new Error('the device did not start');
      return cluster;
    };
    describeObjects(use);
    describeEnvironment(use);
    describeWatches(use);
    describeWorkloads(use);
    describeVolumes(use);
    describeSnapshots(use);
    describeExec(use);
  });
}
