import { startRealDevice } from '../support/real-device/real-device.js';
import { describeClusterOperator } from './cluster-operator-suite.js';

describeClusterOperator('real', () => startRealDevice());
