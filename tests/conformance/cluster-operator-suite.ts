/** What the cluster operator does on a device, asked as the orchestrator asks it: by commands over NATS. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { StartDevice } from '../support/device-under-test.js';
import { claim, workload } from './suite/manifests.js';
import { startOperator, type OperatorUnderTest } from './suite/operator-client.js';
import { describeOrphanCommands } from './suite/operator-orphans.js';
import { describeHooks } from './suite/operator-hooks.js';
import { describePreflight, type Home } from './suite/operator-preflight.js';
import { describeSnapshotCommands } from './suite/operator-snapshots.js';
import { describeQuiesce } from './suite/operator-workloads.js';

const startDeadlineMs = 15 * 60_000;

/** Runs the suite on one device, which is started for it and stopped after it. */
export function describeClusterOperator(name: string, start: StartDevice): void {
  describe(`the cluster operator on the ${name} device`, () => {
    let operator: OperatorUnderTest | undefined;
    let namespace = '';
    beforeAll(async () => {
      operator = await startOperator(start);
      namespace = await operator.device.namespace();
      await operator.device.applyObjects(
        claim(namespace, 'orders'),
        workload('Deployment', namespace, 'orders', 1, 'orders'),
      );
      await operator.device.writeFiles(home(), { 'order.txt': 'one' });
    }, startDeadlineMs);
    afterAll(async () => {
      await operator?.stop();
    });
    const home = (): Home => ({ namespace, persistentVolumeClaim: 'orders' });
    const use = (): OperatorUnderTest => {
      if (operator === undefined) throw new Error('the device did not start');
      return operator;
    };
    describePreflight(use, home);
    describeHooks(use, home);
    describeQuiesce(use, home);
    describeSnapshotCommands(use, home);
    describeOrphanCommands(use, home);
  });
}
