import { startSimulatedDevice } from '../support/simulated-device.js';
import { describeDeviceConformance } from './suite.js';

describeDeviceConformance('simulated', () => startSimulatedDevice());
