import {
  type AgentCommandDefinition,
  type CommandDefinition,
  Envelope,
  flow,
  type MessageDefinition,
  outcomeSchema,
  type QueryDefinition,
  subjectOfAllDevices,
  typeOf,
} from '@snapfleet/contracts';
import { exampleMessage } from './example-message.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { anchor, block, code, json, page, table } from './markdown.ts';
import { natsExample } from './nats-example.ts';
import { schemaTable } from './schema-table.ts';
import { streamOf } from './streams.ts';

const kinds = [
  { kind: 'command', title: 'Commands', text: 'Ask the device for something. Any NATS client may publish them.' },
  {
    kind: 'event',
    title: 'Events',
    text: 'Facts, published once their effect is durable. Any NATS client may follow them.',
  },
  { kind: 'query', title: 'Queries', text: 'Questions about the present, answered over NATS request and reply.' },
  {
    kind: 'agent-command',
    title: 'Commands between the services of a device',
    text: 'How the services of one device ask each other. Not an interface for other systems.',
  },
] as const;

const subjectText = (message: MessageDefinition): string => subjectOfAllDevices(message).replace('*', '<device>');
const headingOf = (message: MessageDefinition): string =>
  `${message.name}${message.kind === 'agent-command' ? ' (agent)' : ''}`;
const link = (message: MessageDefinition): string => `[${message.name}](#${anchor(headingOf(message))})`;
const codes = (names: readonly string[]): string =>
  names.length === 0 ? 'none of its own' : names.map(code).join(', ');

/** An error code as a link to the page of errors. */
const errorLinks = (names: readonly string[]): string =>
  names.length === 0 ? 'none of its own' : names.map((name) => `[${name}](errors.md#${name})`).join(', ');

function facts(message: MessageDefinition): string {
  const stream = streamOf(message);
  const lines = [
    ['Subject', code(subjectText(message))],
    ['Type', code(typeOf(message))],
    ['Stored in', stream === undefined ? 'nothing: asked and answered at once' : code(stream.name)],
    ['From', codes(message.from)],
    ['To', codes(message.to)],
    ...('errors' in message ? [['Errors', errorLinks(message.errors)]] : []),
    ...(message.kind === 'command'
      ? [['Ends with', message.outcomes.map((name) => `[${name}](#${anchor(name)})`).join(', ')]]
      : []),
  ];
  return table(['', ''], lines);
}

const replyParts = (message: QueryDefinition | AgentCommandDefinition): string[] => [
  message.kind === 'query'
    ? 'Answer: `{"ok": true, "result": …}` or `{"ok": false, "error": …}`. The result:'
    : 'Reply:',
  schemaTable(jsonSchemaOf(message.reply, 'draft-2020-12')),
];

const shellParts = (message: CommandDefinition | QueryDefinition): string[] => [
  'With the `nats` program:',
  block('sh', natsExample(message)),
];

function section(message: MessageDefinition): string[] {
  return [
    `### ${headingOf(message)}`,
    message.summary,
    facts(message),
    'Fields of `data`:',
    schemaTable(jsonSchemaOf(message.data, 'draft-2020-12')),
    ...(message.kind === 'query' || message.kind === 'agent-command' ? replyParts(message) : []),
    'Example:',
    block('json', json(exampleMessage(message))),
    ...(message.kind === 'command' || message.kind === 'query' ? shellParts(message) : []),
  ];
}

const introduction = [
  'Every message of Snapfleet: commands and queries that any system may send, events that any system may follow, and what the ' +
    'services of a device say to each other. The same as a machine reads it: [asyncapi.yaml](asyncapi.yaml). Who sends what to ' +
    'whom: [flow.md](flow.md).',
  'A message is a [CloudEvent](https://cloudevents.io) 1.0 in structured mode: the whole event is the JSON payload, with the header ' +
    '`Content-Type: application/cloudevents+json`. The subject is `snap.v1.<plane>.<device>.<resource>.<verb or fact>`. Unknown ' +
    'fields are tolerated; a wrong field is refused by its name and the rule that it breaks, in `command.rejected`.',
  '## How to send a command',
  [
    '1. Publish it to its subject, as JetStream does (a request whose answer says that it is stored). The header `Nats-Msg-Id` with the ' +
      'id of the event makes it safe to publish again when the answer is lost.',
    '2. Give `data.idempotencyKey` when one intention may be sent more than once: the same key never does a thing twice. Without one, the ' +
      'id of the event is the key.',
    '3. Wait for one of the events under "Ends with". The answers to your message, and the first events of its operation, carry its id as ' +
      '`causationid`; they name the operation in `workflowid`, which all events of the operation carry. An event may come before you ' +
      'listen: read the stream `EVT` from where it was before you published.',
  ].join('\n'),
  'In TypeScript, `libs/client` does this; the [examples](../../examples) show it, and with the `nats` program.',
  block(
    'sh',
    [
      '# follow what happens from now on',
      "nats sub --raw 'snap.v1.evt.edge-1.>' | jq -c '{type, data}'",
      '# what happened in the last hour',
      "nats sub --raw --stream EVT --since 1h 'snap.v1.evt.edge-1.>' | jq -c '{type, data}'",
    ].join('\n'),
  ),
  '## The envelope',
];

/** The message reference. */
export function messagesPage(): string {
  const index = kinds.flatMap(({ kind, title }) => [
    `**${title}**`,
    table(
      ['Message', 'What it says'],
      flow.filter((message) => message.kind === kind).map((message) => [link(message), message.summary]),
    ),
  ]);
  const sections = kinds.flatMap(({ kind, title, text }) => [
    `## ${title}`,
    text,
    ...flow.filter((message) => message.kind === kind).flatMap(section),
  ]);
  return page('Messages', [
    ...introduction,
    schemaTable(jsonSchemaOf(Envelope, 'draft-2020-12')),
    '## All messages',
    ...index,
    ...sections,
  ]);
}

/** What an answer to a query or an agent command looks like, for machines. */
export const answerSchema = (message: QueryDefinition | AgentCommandDefinition): ReturnType<typeof jsonSchemaOf> =>
  jsonSchemaOf(outcomeSchema(message.reply), 'draft-7');
