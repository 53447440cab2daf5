import { startOnRealDevice } from '../support/on-real-device.js';
import { describeOddTree } from './odd-tree-suite.js';

// The guest's one CPU is slow: SNAPFLEET_ODD_TREE_FILES=10000 takes some five minutes here.
describeOddTree('the real device', Number(process.env['SNAPFLEET_ODD_TREE_FILES'] ?? 2_000), startOnRealDevice);
