import { receivedBy } from './flow.js';
import type { Party, Plane } from './definition.js';
import { subjectOfAllDevices, subjectsOfPlane } from './subjects.js';

const day = 24 * 60 * 60;

/** The JetStream domain of a device's nats-server; newer servers put it into the subjects of acknowledgements. */
export const jetStreamDomain = 'device';

/** A stream as it is declared on a device's own nats-server. */
export interface StreamDeclaration {
  readonly name: string;
  readonly subjects: readonly string[];
  /** `workqueue`: one owner takes each message. `limits`: any number of independent consumers. */
  readonly retention: 'workqueue' | 'limits';
  readonly maxAgeSeconds: number;
  readonly maxBytes: number;
  /** `new`: publishers wait for room. `old`: the oldest are dropped. */
  readonly discard: 'new' | 'old';
  /** Messages with the same Nats-Msg-Id within this time are stored once. */
  readonly duplicateWindowSeconds: number;
}

/** The streams of a device. JetStream carries; the orchestrator's journal remembers (ADR 0005). */
export const streams = {
  commands: {
    name: 'CMD',
    subjects: [subjectsOfPlane('cmd')],
    retention: 'workqueue',
    maxAgeSeconds: 7 * day,
    maxBytes: 16 << 20,
    discard: 'new',
    duplicateWindowSeconds: 600,
  },
  agent: {
    name: 'AGENT',
    subjects: [subjectsOfPlane('agent')],
    retention: 'workqueue',
    maxAgeSeconds: day,
    maxBytes: 16 << 20,
    discard: 'new',
    duplicateWindowSeconds: 600,
  },
  events: {
    name: 'EVT',
    subjects: [subjectsOfPlane('evt')],
    retention: 'limits',
    maxAgeSeconds: 30 * day,
    maxBytes: 64 << 20,
    discard: 'old',
    duplicateWindowSeconds: 600,
  },
  deadLetters: {
    name: 'DLQ',
    subjects: [
      subjectsOfPlane('dlq'),
      '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>',
      '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>',
    ],
    retention: 'limits',
    maxAgeSeconds: 30 * day,
    maxBytes: 16 << 20,
    discard: 'old',
    duplicateWindowSeconds: 600,
  },
} as const satisfies Record<string, StreamDeclaration>;

/** A durable pull consumer: the place of one service in one stream. */
export interface ConsumerDeclaration {
  readonly stream: string;
  readonly durable: string;
  readonly filterSubjects: readonly string[];
  /** How long the server waits for an acknowledgement before it delivers again; handlers report progress meanwhile. */
  readonly ackWaitSeconds: number;
  readonly maxDeliver: number;
  /** How many messages one service works on at a time. */
  readonly maxAckPending: number;
}

const streamOfPlane: Partial<Record<Plane, StreamDeclaration>> = {
  cmd: streams.commands,
  agent: streams.agent,
  evt: streams.events,
};

/** The durable consumers of a service, made from the flow table: one for each stream from which it receives. */
export function consumersOf(party: Party): readonly ConsumerDeclaration[] {
  return (['cmd', 'agent', 'evt'] as const).flatMap((plane) => {
    const messages = receivedBy(party, plane);
    const stream = streamOfPlane[plane];
    if (messages.length === 0 || stream === undefined) return [];
    return [
      {
        stream: stream.name,
        durable: party,
        // Commands have one taker: it answers those that nobody knows too, which would lie in the stream unread.
        filterSubjects: plane === 'cmd' ? [subjectsOfPlane(plane)] : messages.map(subjectOfAllDevices),
        // A step that died with its service is begun again soon: a workload may be away meanwhile.
        ackWaitSeconds: plane === 'agent' ? 10 : 30,
        maxDeliver: 6,
        maxAckPending: 8,
      },
    ];
  });
}

/**
 * Whether a party declares the streams and the consumers of every service, where each has a key of its own. Declaring is
 * the power over all messages of a device, so one party has it: the one that may ask everything of the others anyway.
 */
export function declaresTopology(party: Party): boolean {
  return party === 'orchestrator';
}
