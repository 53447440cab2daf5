import { expect, test } from 'vitest';
import { deadLetterHeadersFor, readDeadLetterReason, type DeadLetterReason } from './dead-letter.js';

const reason: DeadLetterReason = {
  subject: 'snap.v1.evt.edge-1.snapshot.ready',
  stream: 'EVT',
  durable: 'backup-worker',
  sequence: 7,
  attempts: 6,
  errorCode: 'mover_failed',
  errorMessage: 'rsync ended with code 23',
  messageId: 'a-1',
};
const asHeaders = (of: DeadLetterReason) => {
  const headers = new Map(deadLetterHeadersFor(of));
  return (name: string): string => headers.get(name) ?? '';
};

test('a reason comes back from its headers as it was', () => {
  expect(readDeadLetterReason(asHeaders(reason))).toEqual(reason);
});

test('a reason of a message without an id comes back without one', () => {
  const { messageId: _, ...anonymous } = reason;
  expect(readDeadLetterReason(asHeaders(anonymous))).toEqual(anonymous);
});

test('a message of many lines becomes one line of bounded length', () => {
  const read = readDeadLetterReason(asHeaders({ ...reason, errorMessage: `a\r\nb\u0000${'c'.repeat(5_000)}` }));
  expect(read?.errorMessage).toBe(`a b ${'c'.repeat(1_020)}`);
});

test('an unknown error code of a newer version is read as internal', () => {
  const headers = asHeaders(reason);
  const newer = (name: string): string => (name === 'Snapfleet-Error-Code' ? 'of_a_newer_version' : headers(name));
  expect(readDeadLetterReason(newer)?.errorCode).toBe('internal');
});

test('headers of another message are no reason', () => {
  expect(readDeadLetterReason(() => undefined)).toBeUndefined();
});
