/** What the cluster operator does on a device, asked as the orchestrator asks it: by commands over NATS. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { StartDevice } from '../support/device-under-test.js';
import { claim, workload } from './suite/manifests.js';
import { startOperator, type OperatorUnderTest } from './suite/operator-client.js';
import { describeBarePods } from './suite/operator-bare-pods.js';
import { describeOrphanCommands } from './suite/operator-orphans.js';
import { describeHooks } from './suite/operator-hooks.js';
import { describePreflight, type Home } from './suite/operator-preflight.js';
import { describeQuietCuts } from './suite/operator-quiet-cuts.js';
import { describeSnapshotCommands } from './suite/operator-snapshots.js';
import { describeQuiesce } from './suite/operator-workloads.js';

const startDeadlineMs = 15 * 60_000;

type DescribeMore = (use: () => OperatorUnderTest, home: () => Home) => void;

/** Runs the suite on one device, which is started for it and stopped after it, and more at the places that are named. */
export function describeClusterOperator(
  name: string,
  start: StartDevice,
  more: { readonly first?: DescribeMore; readonly beforeSnapshots?: DescribeMore; readonly last?: DescribeMore } = {},
): void {
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
    more.first?.(use, home);
    describePreflight(use, home);
    describeHooks(use, home);
    describeQuiesce(use, home);
    describeBarePods(use, home);
    more.beforeSnapshots?.(use, home);
    describeSnapshotCommands(use, home);
    describeQuietCuts(use, home);
    describeOrphanCommands(use, home);
    more.last?.(use, home);
  });
}
