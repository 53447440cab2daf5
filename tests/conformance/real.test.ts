import { startRealDevice } from '../support/real-device/real-device.js';
import { describeDeviceConformance } from './suite.js';

describeDeviceConformance('real', () => startRealDevice());
