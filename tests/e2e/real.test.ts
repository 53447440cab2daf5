import { startOnRealDevice } from '../support/on-real-device.js';
import { describeProcedure } from './procedure-suite.js';
import { describeUnits } from './units-suite.js';

describeProcedure('the real device', startOnRealDevice, (place) => {
  describeUnits(
    () => place().snapfleet,
    () => ({ namespace: place().namespace, persistentVolumeClaim: 'notes-data' }),
  );
});
