import { startSimulatedDevice } from '../support/simulated-device.js';
import { describeClusterOperator } from './cluster-operator-suite.js';

describeClusterOperator('simulated', () => startSimulatedDevice());
