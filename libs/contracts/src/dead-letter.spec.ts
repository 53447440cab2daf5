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
  // As they come over the wire: a header value has no blanks around it.
  return (name: string): string => (headers.get(name) ?? '').trim();
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

test('an error without a message, or with blanks only, still has a reason that can be read', () => {
  for (const errorMessage of ['', ' ', '\n'])
    expect(readDeadLetterReason(asHeaders({ ...reason, errorMessage }))).toMatchObject({ errorMessage: '' });
});

test('the longest subject that a nats-server takes comes back as it was', () => {
  const subject = `snap.v1.cmd.${'x'.repeat(4_000)}.snapshot.create`;
  expect(readDeadLetterReason(asHeaders({ ...reason, subject }))?.subject).toBe(subject);
});

test('what is longer than the reader takes is cut when it is written', () => {
  const long = { subject: 's'.repeat(9_000), messageId: 'i'.repeat(300), durable: 'd'.repeat(300) };
  expect(readDeadLetterReason(asHeaders({ ...reason, ...long }))).toMatchObject({ sequence: 7 });
});

test('an unknown error code of a newer version is read as internal', () => {
  const headers = asHeaders(reason);
  const newer = (name: string): string => (name === 'Snapfleet-Error-Code' ? 'of_a_newer_version' : headers(name));
  expect(readDeadLetterReason(newer)?.errorCode).toBe('internal');
});

test('headers of another message are no reason', () => {
  expect(readDeadLetterReason(() => undefined)).toBeUndefined();
});
