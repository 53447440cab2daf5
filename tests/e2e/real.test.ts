import { afterAll } from 'vitest';
import { startOnRealDevice } from '../support/on-real-device.js';
import { SharedDevice } from '../support/shared-device.js';
import { describeOddTree } from './odd-tree-suite.js';
import { describeProcedure } from './procedure-suite.js';
import { describeUnits } from './units-suite.js';

// It takes the better part of a minute to start.
const { start, stop } = new SharedDevice(startOnRealDevice);
afterAll(stop);

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
