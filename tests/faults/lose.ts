import { loseFromNats } from '../support/lose-from-nats.js';
import type { FaultBench } from './fault-bench.js';
import type { Losable } from './fault-list.js';

/** Where nats-server keeps each of these, below its store. */
const places: Readonly<Record<Losable, RegExp>> = {
  'the event stream': /\/streams\/EVT$/,
  'the command stream': /\/streams\/CMD$/,
  'the stream of device-local commands': /\/streams\/AGENT$/,
  'all consumers': /\/streams\/[A-Z]+\/obs$/,
  'the consumer of cluster-operator': /\/streams\/AGENT\/obs\/cluster-operator$/,
  'the consumer of backup-worker': /\/streams\/EVT\/obs\/backup-worker$/,
};

/** Has nats-server lose something of its disk. */
export const lose = ({ snapfleet: { nats } }: FaultBench, what: Losable): Promise<void> =>
  loseFromNats(nats, places[what]);
