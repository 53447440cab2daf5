import { headers, type MsgHdrs } from '@nats-io/nats-core';
import {
  createMessage,
  DeviceId,
  encodeMessage,
  putBackForHeader,
  SnapshotCreate,
  SnapshotReady,
  subjectFor,
  VolumeConceal,
  type MessageDefinition,
  type Party,
} from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { HandlerTable } from './handler-table.js';
import { callerOf, isPassedBy, readIncoming, type Incoming } from './incoming.js';

const device = DeviceId.parse('edge-1');

/** Reads what a publisher made of the example of a message, as a service does. */
function read(
  definition: MessageDefinition,
  party: Party,
  change: { readonly envelope?: object; readonly payload?: string; readonly headers?: () => MsgHdrs | undefined },
): Incoming {
  const table = new HandlerTable(party);
  table.add(definition, () => Promise.resolve());
  const message = createMessage(definition, definition.example, { device, publisher: 'test', id: 'an-id' });
  const changed = { ...message, ...change.envelope } as typeof message;
  const raw = {
    subject: subjectFor(definition, device),
    data: change.payload === undefined ? encodeMessage(changed) : new TextEncoder().encode(change.payload),
    get headers() {
      return change.headers?.();
    },
    info: { consumer: party },
  };
  return readIncoming(raw, table, device);
}

const errorOf = (incoming: Incoming) => ('error' in incoming ? incoming.error : undefined);
const putBackFor = (consumer: string) => (): MsgHdrs => {
  const header = headers();
  header.set(putBackForHeader, consumer);
  return header;
};
const unreadable = (): never => {
  throw new Error('invalid header name');
};

test('headers that the client cannot read are an error of the message, whose envelope is known', () => {
  const incoming = read(SnapshotCreate, 'orchestrator', { headers: unreadable });
  expect(errorOf(incoming)).toMatchObject({ code: 'invalid_message', field: 'headers', retryable: false });
  expect(incoming).toMatchObject({ headers: undefined, envelope: { id: 'an-id' } });
});

test('a command is never passed by: not as history, and not because it was put back for somebody else', () => {
  const history = read(SnapshotCreate, 'orchestrator', { envelope: { history: true } });
  expect(errorOf(history)).toMatchObject({ code: 'invalid_message', field: 'history' });
  const strange = read(SnapshotCreate, 'orchestrator', { headers: putBackFor('x') });
  expect(errorOf(strange)).toMatchObject({ code: 'invalid_message', field: putBackForHeader });
  for (const incoming of [history, strange]) expect(isPassedBy(incoming, 'orchestrator')).toBe(false);
});

test('a device-local command of history is refused to its caller', () => {
  const replyto = '_INBOX_backup-worker.a.1';
  const incoming = read(VolumeConceal, 'host-lvm', { envelope: { history: true, replyto } });
  expect(errorOf(incoming)).toMatchObject({ field: 'history' });
  expect(callerOf(incoming)).toBe(replyto);
});

test('an event is passed by that is history, or was put back for another of its receivers, readable or not', () => {
  const passed = [
    { envelope: { history: true } },
    { headers: putBackFor('restore-verifier') },
    { headers: putBackFor('restore-verifier'), payload: 'not JSON' },
  ];
  for (const change of passed)
    expect(isPassedBy(read(SnapshotReady, 'backup-worker', change), 'backup-worker')).toBe(true);
});

test('an event is not passed by that was put back for this service, or for one that does not take it', () => {
  const own = read(SnapshotReady, 'backup-worker', { headers: putBackFor('backup-worker') });
  expect(isPassedBy(own, 'backup-worker')).toBe(false);
  expect(errorOf(own)).toBeUndefined();
  for (const consumer of ['x', 'host-lvm', 'client']) {
    const nobodys = read(SnapshotReady, 'backup-worker', { headers: putBackFor(consumer) });
    expect(isPassedBy(nobodys, 'backup-worker')).toBe(false);
    expect(errorOf(nobodys)).toMatchObject({ code: 'invalid_message', field: putBackForHeader });
  }
});

test('an event that cannot be read is not passed by because it says that it is history', () => {
  const incoming = read(SnapshotReady, 'backup-worker', { envelope: { history: true, data: 7 } });
  expect(isPassedBy(incoming, 'backup-worker')).toBe(false);
  expect(errorOf(incoming)).toMatchObject({ code: 'invalid_message' });
});

test('no answer goes anywhere but to an inbox, whatever else is wrong with the command', () => {
  const replyto = 'snap.v1.cmd.edge-1.snapshot.delete';
  for (const data of [VolumeConceal.example, 7]) {
    const incoming = read(VolumeConceal, 'host-lvm', { envelope: { replyto, data } });
    expect(errorOf(incoming)).toMatchObject({ code: 'invalid_message' });
    expect(callerOf(incoming)).toBeUndefined();
  }
});
