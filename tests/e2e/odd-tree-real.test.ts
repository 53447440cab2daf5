import { startOnRealDevice } from '../support/on-real-device.js';
import { describeOddTree } from './odd-tree-suite.js';

describeOddTree('the real device', 10_000, startOnRealDevice);
