import { describeOnHost } from './on-host.js';
import { describeDestroy } from './suite/destroy.js';
import { describeLeases } from './suite/leases.js';
import { describeLookUp } from './suite/look-up.js';
import { describeService } from './suite/service.js';
import { describePools } from './suite/survey.js';

// In this order: the service is started anew by the last ones.
describeOnHost([describeLookUp, describePools, describeLeases, describeDestroy, describeService]);
