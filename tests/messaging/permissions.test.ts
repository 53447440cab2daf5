import {
  clientIdentities,
  consumersOf,
  DeviceId,
  flow,
  identities,
  inboxPrefixOf,
  parties,
  partyOf,
  services,
  streams,
  subjectFor,
  type ConsumerDeclaration,
  type Identity,
  type MessageDefinition,
} from '@snapfleet/contracts';
import { applyTopology } from '@snapfleet/messaging';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { IdentityAttempts, type Refused } from './identity-attempts.js';
import { device } from './test-service.js';

const otherDevice = DeviceId.parse('edge-2');
const isClient = (identity: Identity): boolean => identity in clientIdentities;
const isMaintainer = (identity: Identity): boolean => identity === 'client-maintainer';
const streamNames = Object.values(streams).map(({ name }) => name);
const serviceConsumers = services.flatMap(consumersOf).map(({ stream, durable }) => ({ stream, durable }));
const allConsumers = streamNames.flatMap((stream) =>
  [...parties, 'client-mine'].map((durable) => ({ stream, durable })),
);

let server: NatsServer | undefined;
const attempts = new Map<Identity, IdentityAttempts>();

beforeAll(async () => {
  server = await startNatsServer({ identitiesOf: device });
  for (const identity of identities) attempts.set(identity, await IdentityAttempts.connect(server, identity));
  await applyTopology(as('orchestrator').connection, services);
});

afterAll(async () => {
  await Promise.all([...attempts.values()].map((attempt) => attempt.close()));
  await server?.stop();
});

function as(identity: Identity): IdentityAttempts {
  const attempt = attempts.get(identity);
  if (attempt === undefined) throw new Error(`${identity} is not connected`);
  return attempt;
}

const without = (all: readonly string[], refused: Refused): string[] => all.filter((one) => !refused.has(one)).sort();
const sorted = (subjects: readonly string[]): string[] => [...new Set(subjects)].sort();

/** Written from the flow table anew, so that the code that makes the permissions is not its own judge. */
function maySend(identity: Identity, { from, to, plane }: MessageDefinition): boolean {
  if (identity === 'client-subscriber') return false;
  if (isMaintainer(identity) && (plane === 'evt' || plane === 'agent')) return to.some((party) => party !== 'client');
  return from.includes(partyOf(identity));
}

/** All that JetStream can be asked about a stream (nats-server, server/jetstream_api.go). */
const streamRequests = (stream: string): string[] => [
  ...['CREATE', 'UPDATE', 'INFO', 'DELETE', 'PURGE', 'MSG.DELETE', 'MSG.GET', 'SNAPSHOT', 'RESTORE'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  ...['LEADER.STEPDOWN', 'PEER.REMOVE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
  ...['NAMES', 'LIST', 'CREATE', 'DURABLE.CREATE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}`),
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.snap.v1.evt.${device}.snapshot.ready`,
];

const ownDeviceFilter = `snap.v1.evt.${device}.>`;
type Consumer = Pick<ConsumerDeclaration, 'stream' | 'durable'>;

const consumerRequests = ({ stream, durable }: Consumer): string[] => [
  ...['INFO', 'DELETE', 'CREATE', 'DURABLE.CREATE', 'MSG.NEXT', 'PAUSE', 'UNPIN', 'RESET', 'LEADER.STEPDOWN'].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`,
  ),
  `$JS.API.CONSUMER.CREATE.${stream}.${durable}.${ownDeviceFilter}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${durable}.snap.v1.evt.${otherDevice}.>`,
  `$JS.API.CONSUMER.CREATE.${stream}.${durable}.snap.v1.evt.*.>`,
  ...acknowledgements({ stream, durable }),
];

const acknowledgements = ({ stream, durable }: Consumer): string[] => [
  `$JS.ACK.${stream}.${durable}.1.1.1.1790000000000000000.0`,
  `$JS.ACK.device.hash.${stream}.${durable}.1.1.1.1790000000000000000.0`,
];

const ofServer = ['$JS.API.INFO', '$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST', '$JS.API.SERVER.REMOVE']
  .concat(['$JS.API.ACCOUNT.PURGE.$G', '$JS.API.META.LEADER.STEPDOWN', '$SYS.REQ.SERVER.PING', '$SYS.REQ.USER.INFO'])
  .concat(['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVT.backup-worker', '$JS.FC.EVT.backup-worker.x', '$KV.a.b']);

const inDomain = (subject: string): string => subject.replace('$JS.API', '$JS.device.API');
const ofJetStream = [
  ...[...streamNames, 'ANOTHER'].flatMap(streamRequests),
  ...allConsumers.flatMap(consumerRequests),
  ...ofServer,
];

function useOf(consumer: Consumer): string[] {
  const { stream, durable } = consumer;
  const asked = ['INFO', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`);
  return [...asked, ...acknowledgements(consumer)];
}

const declared = [
  ...streamNames.flatMap((name) => [`$JS.API.STREAM.CREATE.${name}`, `$JS.API.STREAM.UPDATE.${name}`]),
  ...serviceConsumers.flatMap(({ stream, durable }) => [
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${durable}`,
  ]),
];

/** Reading events by consumers of one's own, under every name that no service has. */
const ofNoService = ['client', 'cluster-operator', 'host-lvm', 'client-mine'];
const eventReads = [
  '$JS.API.STREAM.INFO.EVT',
  ...ofNoService.flatMap((durable) => [
    ...useOf({ stream: 'EVT', durable }),
    `$JS.API.CONSUMER.DELETE.EVT.${durable}`,
    `$JS.API.CONSUMER.CREATE.EVT.${durable}.${ownDeviceFilter}`,
  ]),
];
const deadLetterReads = ['$JS.API.STREAM.MSG.GET.DLQ', '$JS.API.STREAM.MSG.DELETE.DLQ'];

/** What an identity may ask of JetStream, of all that can be asked. */
function mayAsk(identity: Identity): string[] {
  const own = serviceConsumers.filter(({ durable }) => durable === identity).flatMap(useOf);
  if (!isClient(identity)) return identity === 'orchestrator' ? [...own, ...declared, '$JS.API.STREAM.INFO.EVT'] : own;
  if (identity === 'client-subscriber') return eventReads;
  const originals = ['CMD', 'AGENT', 'EVT'].map((stream) => `$JS.API.STREAM.MSG.GET.${stream}`);
  return [...eventReads, ...deadLetterReads, ...(isMaintainer(identity) ? originals : [])];
}

test.each(identities)(
  '%s publishes what the flow says that it sends, and nothing else of the flow',
  async (identity) => {
    const refused = await as(identity).publish(flow.map((message) => subjectFor(message, device)));
    const allowed = flow.filter((message) => maySend(identity, message)).map((message) => subjectFor(message, device));
    const all = flow.map((message) => subjectFor(message, device));
    expect(without(all, refused)).toEqual(sorted(allowed));
    expect(refused.size).toBeGreaterThan(0);
  },
);

test.each(identities)(
  '%s subscribes to the questions it answers, clients to events, and to nothing else',
  async (identity) => {
    const party = partyOf(identity);
    const all = flow.map((message) => subjectFor(message, device));
    const refused = await as(identity).subscribe(all);
    const received = flow.filter(
      ({ to, plane }) => to.includes(party) && plane === (party === 'client' ? 'evt' : 'svc'),
    );
    expect(without(all, refused)).toEqual(sorted(received.map((message) => subjectFor(message, device))));
    expect(refused.size).toBeGreaterThan(0);
  },
);

test.each(identities)('%s reaches nothing of another device', async (identity) => {
  const all = flow.map((message) => subjectFor(message, otherDevice));
  expect(without(all, await as(identity).publish(all))).toEqual([]);
  expect(without(all, await as(identity).subscribe(all))).toEqual([]);
});

test.each(identities)('%s asks JetStream for what is its own, and for nothing else', async (identity) => {
  const refused = await as(identity).publish(ofJetStream);
  expect(without(ofJetStream, refused)).toEqual(sorted(mayAsk(identity)));
  // The server takes the name of its domain out of a subject before it looks at the permissions, and names it so.
  const throughDomain = ofJetStream.filter((subject) => subject.startsWith('$JS.API'));
  expect(throughDomain.length).toBeGreaterThan(300);
  const refusedInDomain = await as(identity).publish(throughDomain.map(inDomain), throughDomain);
  expect(sorted([...refusedInDomain])).toEqual(sorted(throughDomain.filter((subject) => refused.has(subject))));
});

test.each(identities)('%s hears no more than its own answers', async (identity) => {
  const { inboxPrefix } = as(identity);
  const others = [...attempts.values()]
    .map((attempt) => attempt.inboxPrefix)
    .filter((prefix) => prefix !== inboxPrefix);
  expect(others).toHaveLength(identities.length - 1);
  const everything = ['>', '*', 'snap.>', 'snap.v1.*.>', `snap.v1.evt.${device}.>`, '_INBOX.>', '_INBOX_client.>'];
  const inner = ['$JS.>', '$JS.API.>', '$JS.ACK.>', '$JS.EVENT.>', '$SYS.>', '$SYS.ACCOUNT.*.CONNECT', '$KV.>'];
  const all = [...everything, ...inner, ...others.flatMap((prefix) => [`${prefix}.>`, `${prefix}.a.*`])];
  expect(without(all, await as(identity).subscribe(all))).toEqual([]);
  const own = [`${inboxPrefix}.>`, `${inboxPrefix}.a.*`];
  expect(await as(identity).subscribe(own)).toEqual(new Set());
});

test.each(identities)(
  '%s answers those who may ask it, and writes no other dead letters than its own',
  async (identity) => {
    const party = partyOf(identity);
    const inboxes = parties.map((caller) => `${inboxPrefixOf(caller, 'UKEY')}.a.1`);
    const asked = flow.filter(({ to, plane }) => to.includes(party) && (plane === 'agent' || plane === 'svc'));
    const callers = party === 'client' ? [] : asked.flatMap(({ from }) => from);
    const answered = callers.map((caller) => `${inboxPrefixOf(caller, 'UKEY')}.a.1`);
    expect(without(inboxes, await as(identity).publish(inboxes))).toEqual(sorted(answered));
    const letters = allConsumers.map(({ stream, durable }) => `snap.v1.dlq.${stream}.${durable}`);
    const own = serviceConsumers.filter(({ durable }) => durable === identity);
    const expected = own.map(({ stream, durable }) => `snap.v1.dlq.${stream}.${durable}`);
    expect(without(letters, await as(identity).publish(letters))).toEqual(sorted(expected));
  },
);
