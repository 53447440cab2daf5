import { expect, test } from 'vitest';
import { services } from './permissions.js';
import { consumersOf, streams } from './topology.js';

test('one service takes every command, also one that nobody knows, so that none lies unread', () => {
  const ofCommands = services.flatMap(consumersOf).filter(({ stream }) => stream === streams.commands.name);
  expect(ofCommands.map(({ durable, filterSubjects }) => [durable, filterSubjects])).toEqual([
    ['orchestrator', streams.commands.subjects],
  ]);
});
