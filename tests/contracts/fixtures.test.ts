import { readdirSync, readFileSync } from 'node:fs';
import { definitionOf, flow, type MessageDefinition, parseMessage, type Plane } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { subjectOf } from './every-message.js';

const folder = new URL('./fixtures/', import.meta.url);
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

const fixtureOf = (message: MessageDefinition): string =>
  `v${String(message.version)}/${message.plane}.${message.name}.json`;

test.each(names)('%s, written when its version was made, can still be read', (name) => {
  const [, plane = '', messageName = ''] = /^v\d+\/([a-z]+)\.(.+)\.json$/.exec(name) ?? [];
  const definition = definitionOf(plane as Plane, messageName);
  if (definition === undefined) throw new Error(`${name}: there is no such message any more`);
  const payload = readFileSync(new URL(name, folder));
  const written = JSON.parse(payload.toString('utf8')) as object;
  expect(parseMessage(definition, payload, subjectOf(definition))).toMatchObject(written);
});

test('every message has a fixture (write missing ones with `node tools/write-fixtures.ts`)', () => {
  expect(flow.map(fixtureOf).filter((name) => !names.includes(name))).toEqual([]);
});
