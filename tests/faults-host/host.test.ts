import { describeOnHost } from '../host/on-host.js';
import { describeImages } from '../host/suite/images.js';
import { describeKilledRemoval } from '../host/suite/killed-removal.js';
import { describeKills } from '../host/suite/kills.js';
import { describePoolsInTrouble } from '../host/suite/pools.js';

// A tier of its own, which `npm run faults -- --only host` runs: it takes a guest of its own, and minutes.
describeOnHost([describeKilledRemoval, describeImages, describePoolsInTrouble, describeKills]);
