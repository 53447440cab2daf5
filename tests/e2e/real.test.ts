import { afterAll } from 'vitest';
import { startOnRealDevice } from '../support/on-real-device.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { describeOddTree } from './odd-tree-suite.js';
import { describeProcedure } from './procedure-suite.js';
import { describeUnits } from './units-suite.js';

let device: SnapfleetDevice | undefined;
let stop: (() => Promise<void>) | undefined;
/** One device for both suites: it takes more than a minute to start. */
async function start(): Promise<SnapfleetDevice> {
  if (device !== undefined) return device;
  device = await startOnRealDevice();
  stop = device.stop.bind(device);
  // Each suite stops what it has started.
  device.stop = () => Promise.resolve();
  return device;
}
afterAll(() => stop?.());

describeProcedure('the real device', start, (place) => {
  describeUnits(
    () => place().snapfleet,
    () => ({ namespace: place().namespace, persistentVolumeClaim: 'notes-data' }),
  );
});

// The guest's one CPU is slow: SNAPFLEET_ODD_TREE_FILES=10000 takes some five minutes here. Without it the tree is for the embedded
// device only; both movers have a real volume in the procedure.
const files = Number(process.env['SNAPFLEET_ODD_TREE_FILES'] ?? 0);
if (files > 0) describeOddTree('the real device', files, start);
