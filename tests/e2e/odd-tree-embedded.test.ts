import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { describeOddTree } from './odd-tree-suite.js';

describeOddTree('the embedded device', 10_000, startOnEmbeddedDevice);
