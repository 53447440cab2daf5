import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { describeFailingHooks } from './hooks-suite.js';
import { describeProcedure } from './procedure-suite.js';
import { describeVerdicts } from './verdicts-suite.js';

describeProcedure(
  'the embedded device, over TLS',
  () => startOnEmbeddedDevice({ tls: true }),
  (place) => {
    describeFailingHooks(place);
    describeVerdicts(place);
  },
);
