import { parties, type MessageDefinition, type Party, type Plane } from './definition.js';
import { flow, receivedBy } from './flow.js';
import type { DeviceId } from './identifiers.js';
import { deadLetterSubject, subjectFor } from './subjects.js';
import { consumersOf, declaresTopology, jetStreamDomain, streams, type ConsumerDeclaration } from './topology.js';

/** Who has a key of its own on a device: each service, and three kinds of client. */
export const identities = [
  'orchestrator',
  'cluster-operator',
  'host-lvm',
  'backup-worker',
  'restore-verifier',
  'client-operator',
  'client-maintainer',
  'client-subscriber',
] as const;
export type Identity = (typeof identities)[number];

/** What each kind of client is for. */
export const clientIdentities = {
  'client-operator': 'sends commands, asks, reads events and dead letters, and puts commands back',
  'client-maintainer': 'as the operator, and puts back what a service gave up on: it can publish what services publish',
  'client-subscriber': 'reads events',
} as const satisfies Partial<Record<Identity, string>>;

/** What the nats-server lets an identity publish and subscribe to, in its own words: `deny` wins over `allow`. */
export interface SubjectPermissions {
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
}

const api = '$JS.API';
/** The parties that are services of the device. */
export const services: readonly Exclude<Party, 'client'>[] = parties.filter((party) => party !== 'client');
const events = streams.events.name;
const deadLetters = streams.deadLetters.name;

/** The party of the flow table that an identity speaks for. */
export function partyOf(identity: Identity): Party {
  return services.find((party) => party === identity) ?? 'client';
}

/**
 * Where answers to a party come. A client's has its public key in it, so that clients cannot read each other's answers;
 * without a key it is the beginning that those of all clients share.
 */
export function inboxPrefixOf(party: Party, publicKey?: string): string {
  if (party !== 'client' || publicKey === undefined) return `_INBOX_${party}`;
  return `_INBOX_${party}.${publicKey}`;
}

/**
 * The permissions of an identity on its device, made from the flow table and the topology; nothing else is permitted.
 * @param publicKey the identity's own, such as `UDX…`
 */
export function permissionsOf(identity: Identity, device: DeviceId, publicKey: string): SubjectPermissions {
  const party = partyOf(identity);
  const inbox = `${inboxPrefixOf(party, publicKey)}.>`;
  return party === 'client' ? ofClient(identity, device, inbox) : ofService(party, device, inbox);
}

const subjectsOf = (messages: readonly MessageDefinition[], device: DeviceId): string[] =>
  messages.map((message) => subjectFor(message, device));

const sentBy = (party: Party, ...planes: readonly Plane[]): readonly MessageDefinition[] =>
  flow.filter((message) => message.from.includes(party) && planes.includes(message.plane));

const unique = (subjects: readonly string[]): string[] => [...new Set(subjects)];

/** Acknowledgements in both forms that a nats-server can ask for (feature `js_ack_fc_v2`). */
const acknowledgementsOf = (stream: string, durable: string): string[] => [
  `$JS.ACK.${stream}.${durable}.>`,
  `$JS.ACK.${jetStreamDomain}.*.${stream}.${durable}.>`,
];

const useOf = ({ stream, durable }: ConsumerDeclaration): string[] => [
  `${api}.CONSUMER.INFO.${stream}.${durable}`,
  `${api}.CONSUMER.MSG.NEXT.${stream}.${durable}`,
  ...acknowledgementsOf(stream, durable),
  deadLetterSubject(stream, durable),
];

function declarations(): string[] {
  const ofStreams = Object.values(streams).flatMap(({ name }) => [
    `${api}.STREAM.CREATE.${name}`,
    `${api}.STREAM.UPDATE.${name}`,
  ]);
  const ofConsumers = services
    .flatMap(consumersOf)
    .flatMap(({ stream, durable }) => [
      `${api}.CONSUMER.INFO.${stream}.${durable}`,
      `${api}.CONSUMER.DURABLE.CREATE.${stream}.${durable}`,
    ]);
  // Whether the stream of events is still the one that it told to.
  return [...ofStreams, `${api}.STREAM.INFO.${events}`, ...ofConsumers];
}

function ofService(party: Party, device: DeviceId, inbox: string): SubjectPermissions {
  const asked = [...receivedBy(party, 'agent'), ...receivedBy(party, 'svc')];
  const answers = asked.flatMap(({ from }) => from).map((caller) => `${inboxPrefixOf(caller)}.>`);
  const publish = [
    ...subjectsOf(sentBy(party, 'cmd', 'agent', 'evt', 'svc'), device),
    ...consumersOf(party).flatMap(useOf),
    ...(declaresTopology(party) ? declarations() : []),
    ...answers,
  ];
  return {
    publish: { allow: unique(publish), deny: [] },
    subscribe: { allow: [inbox, ...subjectsOf(receivedBy(party, 'svc'), device)] },
  };
}

/** A client makes consumers of its own, with its device's events as filter and under any name but those of the services. */
function readingOf(device: DeviceId): SubjectPermissions['publish'] {
  const use = (name: string): string[] => [
    `${api}.CONSUMER.INFO.${events}.${name}`,
    `${api}.CONSUMER.DELETE.${events}.${name}`,
    `${api}.CONSUMER.MSG.NEXT.${events}.${name}`,
    ...acknowledgementsOf(events, name),
  ];
  const create = `${api}.CONSUMER.CREATE.${events}`;
  const foreign = services.flatMap(consumersOf).filter(({ stream }) => stream === events);
  return {
    allow: [
      `${api}.STREAM.INFO.${events}`,
      `${create}.*.${subjectFor({ plane: 'evt', name: '>' }, device)}`,
      ...use('*'),
    ],
    deny: foreign.flatMap(({ durable }) => [`${create}.${durable}.>`, ...use(durable)]),
  };
}

function ofClient(identity: Identity, device: DeviceId, inbox: string): SubjectPermissions {
  const reading = readingOf(device);
  const allow = [...reading.allow];
  if (identity !== 'client-subscriber') {
    allow.push(...subjectsOf(sentBy('client', 'cmd', 'svc'), device));
    // Read one by one: a consumer would send on, to any subject, bytes that an operator may have written (ADR 0010).
    allow.push(...['GET', 'DELETE'].map((verb) => `${api}.STREAM.MSG.${verb}.${deadLetters}`));
  }
  if (identity === 'client-maintainer') {
    const consumed = services.flatMap((party) => [...receivedBy(party, 'evt'), ...receivedBy(party, 'agent')]);
    const originals = unique(services.flatMap(consumersOf).map(({ stream }) => stream));
    allow.push(...subjectsOf(consumed, device), ...originals.map((stream) => `${api}.STREAM.MSG.GET.${stream}`));
  }
  return {
    publish: { allow: unique(allow), deny: reading.deny },
    subscribe: { allow: [inbox, ...subjectsOf(receivedBy('client', 'evt'), device)] },
  };
}
