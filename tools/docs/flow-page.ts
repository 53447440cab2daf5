import { flow, parties, streams, type StreamDeclaration } from '@snapfleet/contracts';
import { block, code, page, table } from './markdown.ts';
import { procedure, type Step } from './procedure.ts';
import { consumers, streamOf } from './streams.ts';

/** Solid arrows ask, dashed arrows tell. */
const arrow = ({ message, from, to }: Step): string =>
  `${from}${message.kind === 'event' ? '-->>' : '->>'}${to}: ${message.name}`;

function sequence(): string {
  const indent = (steps: readonly Step[]): string[] => steps.map((step) => `    ${arrow(step)}`);
  return [
    'sequenceDiagram',
    ...parties.map((party) => `  participant ${party}`),
    ...procedure.making.map((step) => `  ${arrow(step)}`),
    '  par by its own durable consumer',
    ...indent(procedure.backingUp),
    '  and by its own durable consumer',
    ...indent(procedure.proving),
    '  end',
    ...procedure.ending.map((step) => `  ${arrow(step)}`),
  ].join('\n');
}

function graph(): string {
  const pairs = parties.flatMap((from) => parties.map((to) => [from, to] as const));
  const edges = pairs.flatMap(([from, to]) => {
    const names = flow
      .filter((message) => message.from.includes(from) && message.to.includes(to))
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`  ${from} -->|"${names.join('<br/>')}"| ${to}`];
  });
  return ['flowchart LR', ...edges].join('\n');
}

const streamRow = (stream: StreamDeclaration): string[] => [
  code(stream.name),
  stream.subjects.map(code).join(' '),
  stream.retention,
  `${String(stream.maxAgeSeconds / 86_400)} days`,
  `${String(stream.maxBytes / 2 ** 20)} MiB`,
  stream.discard,
  `${String(stream.duplicateWindowSeconds)} s`,
];

/** Who sends what to whom, in which streams, to which consumers. */
export function flowPage(): string {
  return page('Flow', [
    'The usual course of `snapshot.create`. Solid arrows are commands, dashed arrows events. Backup and proof start from the same event and ' +
      'do not know of each other.',
    block('mermaid', sequence()),
    '## Who sends what to whom',
    block('mermaid', graph()),
    table(
      ['Message', 'Kind', 'From', 'To', 'Stream'],
      flow.map((message) => [
        code(message.name),
        message.kind,
        message.from.join(', '),
        message.to.join(', '),
        streamOf(message)?.name ?? '',
      ]),
    ),
    '## Streams of a device',
    table(
      ['Stream', 'Subjects', 'Retention', 'Age', 'Size', 'When full, drop', 'Duplicates known for'],
      Object.values(streams).map(streamRow),
    ),
    '## Durable consumers',
    table(
      ['Stream', 'Consumer', 'Subjects', 'Acknowledge within', 'Deliveries', 'At a time'],
      consumers.map((consumer) => [
        code(consumer.stream),
        code(consumer.durable),
        consumer.filterSubjects.map(code).join(' '),
        `${String(consumer.ackWaitSeconds)} s`,
        String(consumer.maxDeliver),
        String(consumer.maxAckPending),
      ]),
    ),
  ]);
}
