import {
  type AgentCommandDefinition,
  cloudEventContentType,
  Envelope,
  flow,
  type MessageDefinition,
  type QueryDefinition,
  subjectOfAllDevices,
  typeOf,
} from '@snapfleet/contracts';
import { stringify } from 'yaml';
import { exampleMessage } from './example-message.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { answerSchema } from './messages-page.ts';
import { consumers, streamOf } from './streams.ts';

type Answered = QueryDefinition | AgentCommandDefinition;

const keyOf = (message: MessageDefinition): string => `${message.plane}.${message.name}`;
const isAnswered = (message: MessageDefinition): message is Answered => 'reply' in message;
const reference = (path: string): { $ref: string } => ({ $ref: `#/${path}` });

/** The stream and the durable consumers behind a channel: the NATS binding 0.1.0 has no place for them. */
function natsFacts(message: MessageDefinition): object {
  const stream = streamOf(message);
  if (stream === undefined) return {};
  return {
    'x-nats-stream': {
      name: stream.name,
      retention: stream.retention,
      discard: stream.discard,
      maxAgeSeconds: stream.maxAgeSeconds,
      maxBytes: stream.maxBytes,
      duplicateWindowSeconds: stream.duplicateWindowSeconds,
      consumers: consumers
        .filter((consumer) => consumer.stream === stream.name && message.to.some((party) => party === consumer.durable))
        .map(({ durable, ackWaitSeconds, maxDeliver }) => ({ durable, ackWaitSeconds, maxDeliver })),
    },
  };
}

const channel = (message: MessageDefinition): object => ({
  address: subjectOfAllDevices(message).replace('*', '{device}'),
  summary: message.summary,
  parameters: { device: reference('components/parameters/device') },
  messages: { [message.name]: reference(`components/messages/${keyOf(message)}`) },
  ...natsFacts(message),
});

const answerChannel = (message: Answered): object => ({
  address: null,
  summary: `Where the answer to ${message.name} goes: the reply subject of the request.`,
  messages: { answer: reference(`components/messages/${keyOf(message)}.answer`) },
});

/** The device as it is seen from outside: it receives commands and queries, and sends events. */
const operation = (message: MessageDefinition): object => ({
  action: message.kind === 'event' ? 'send' : 'receive',
  channel: reference(`channels/${keyOf(message)}`),
  summary: message.summary,
  messages: [reference(`channels/${keyOf(message)}/messages/${message.name}`)],
  'x-from': message.from,
  'x-to': message.to,
  ...('errors' in message ? { 'x-errors': message.errors } : {}),
  ...(message.kind === 'command' ? { 'x-outcomes': message.outcomes } : {}),
  ...(isAnswered(message)
    ? {
        reply: {
          channel: reference(`channels/${keyOf(message)}.answer`),
          messages: [reference(`channels/${keyOf(message)}.answer/messages/answer`)],
        },
      }
    : {}),
});

const described = (message: MessageDefinition): object => ({
  name: typeOf(message),
  title: message.name,
  summary: message.summary,
  contentType: cloudEventContentType,
  headers: reference('components/schemas/headers'),
  payload: {
    allOf: [
      reference('components/schemas/envelope'),
      { type: 'object', properties: { type: { const: typeOf(message) }, data: jsonSchemaOf(message.data, 'draft-7') } },
    ],
  },
  examples: [{ name: 'example', payload: exampleMessage(message) }],
});

const answer = (message: Answered): object => ({
  name: `${message.name}.answer`,
  title: `Answer to ${message.name}`,
  contentType: 'application/json',
  payload: answerSchema(message),
});

const headers = {
  type: 'object',
  properties: {
    'Nats-Msg-Id': { type: 'string', description: 'the id of the event: publishing it again stores it once' },
    'Content-Type': { type: 'string', const: cloudEventContentType },
    traceparent: { type: 'string', description: 'W3C Trace Context' },
    tracestate: { type: 'string', description: 'W3C Trace Context' },
  },
};

const each = (make: (message: MessageDefinition) => object): Record<string, object> =>
  Object.fromEntries(flow.map((message) => [keyOf(message), make(message)]));
const eachAnswer = (make: (message: Answered) => object): Record<string, object> =>
  Object.fromEntries(flow.filter(isAnswered).map((message) => [`${keyOf(message)}.answer`, make(message)]));

/** The whole interface as AsyncAPI 3.0. */
export function asyncApi(): string {
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Snapfleet device',
      version: '1.0.0',
      description:
        'Commands, events and queries of one device, over NATS JetStream, as CloudEvents 1.0 in structured JSON.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: cloudEventContentType,
    servers: { device: { host: '127.0.0.1:4222', protocol: 'nats', description: "the device's own NATS server" } },
    channels: { ...each(channel), ...eachAnswer(answerChannel) },
    operations: each(operation),
    components: {
      parameters: { device: { description: 'name of the device: 1 to 63 of a-z, 0-9 and "-"', examples: ['edge-1'] } },
      messages: { ...each(described), ...eachAnswer(answer) },
      schemas: { headers, envelope: jsonSchemaOf(Envelope, 'draft-7') },
    },
  };
  const note = '# Generated by tools/generate-docs.ts from libs/contracts. Do not edit.\n';
  return note + stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 });
}
