import { SnapfleetError, SnapshotRequested } from '@snapfleet/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../operations/system-clock.js';
import { Journal } from './journal.js';
import { OutboxRelay } from './outbox-relay.js';
import { Outbox } from './outbox.js';

let outbox: Outbox;
let relay: OutboxRelay;
let published: string[];
let reported: string[];
let refusal: SnapfleetError;

beforeEach(() => {
  outbox = new Outbox(new Journal(':memory:'));
  published = [];
  reported = [];
  const publish = (_definition: unknown, _data: unknown, { id }: { id: string }): Promise<void> => {
    if (id === 'refused') return Promise.reject(refusal);
    published.push(id);
    return Promise.resolve();
  };
  relay = new OutboxRelay(outbox, { publish }, systemClock, (event) => reported.push(event));
  for (const eventId of ['refused', 'next'])
    outbox.add({
      eventId,
      name: SnapshotRequested.name,
      data: SnapshotRequested.example,
      workflowId: 'w',
      causationId: 'c',
      subject: undefined,
      traceparent: undefined,
      time: new Date(),
    });
});

afterEach(() => relay.stop());

test('an event that no stream will ever take is reported, and holds up none after it', async () => {
  refusal = new SnapfleetError('message_too_large', 'too large');
  relay.start();
  await vi.waitFor(() => {
    expect(published).toEqual(['next']);
  });
  expect(reported).toEqual(['outbox.too-large']);
  expect(outbox.waiting(10)).toEqual([]);
});

test('an event that the stream does not take now is tried until it does, before those after it', async () => {
  refusal = new SnapfleetError('message_too_large', 'more than max_payload', { retryable: true });
  relay.start();
  await vi.waitFor(() => {
    expect(reported).toContain('outbox.delayed');
  });
  expect(published).toEqual([]);
  expect(outbox.waiting(10)).toHaveLength(2);
});
