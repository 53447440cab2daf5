import { startOnRealDevice } from '../support/on-real-device.js';
import { describeProcedure } from './procedure-suite.js';

describeProcedure('the real device', startOnRealDevice);
