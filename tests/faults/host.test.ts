import { describeOnHost } from '../host/on-host.js';
import { describeImages } from '../host/suite/images.js';
import { describeKills } from '../host/suite/kills.js';
import { describePoolsInTrouble } from '../host/suite/pools.js';

// Here and not in tests/host, for the tiers in guests wait for the one CPU of their guest; these run beside them.
describeOnHost([describeImages, describePoolsInTrouble, describeKills]);
