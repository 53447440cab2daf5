import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal, JournalTakenOverError } from './journal.js';
import { OperationStore } from './operation.store.js';
import { Outbox } from './outbox.js';

let directory: string;
const opened: Journal[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'snapfleet-journal-'));
});

afterEach(() => {
  for (const journal of opened.splice(0)) journal.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(onTakenOver?: () => void): Journal {
  const journal = new Journal(join(directory, 'journal.sqlite'), onTakenOver);
  opened.push(journal);
  return journal;
}

const entry = {
  name: 'snapshot.ready',
  data: {},
  workflowId: 'w',
  causationId: 'c',
  subject: undefined,
  traceparent: undefined,
  time: new Date('2026-11-01T00:00:00Z'),
};

const write = (journal: Journal): void => {
  journal.transaction(() => {
    journal.setFact('written', 'yes');
  });
};

test('a process that was paused while another one opened the journal writes nothing any more, and is told', () => {
  let told = 0;
  const paused = open(() => (told += 1));
  write(paused);
  const successor = open();
  expect(() => {
    paused.transaction(() => {
      paused.setFact('written', 'late');
    });
  }).toThrow(JournalTakenOverError);
  expect(told).toBe(1);
  expect(successor.fact('written')).toBe('yes');
  write(successor);
});

test('nor does it mark as told what its successor tells again, and it learns so where it writes nothing', () => {
  let told = 0;
  const paused = new Outbox(open(() => (told += 1)));
  paused.add({ ...entry, eventId: 'e' });
  const [{ sequence } = { sequence: 0 }] = paused.waiting(1);
  const successor = open();
  expect(() => {
    paused.markPublished(sequence);
  }).toThrow(JournalTakenOverError);
  expect(new Outbox(successor).waiting(1)).toHaveLength(1);
  expect(() => {
    opened[0]?.expectOwned();
  }).toThrow(JournalTakenOverError);
  expect(told).toBe(2);
  successor.expectOwned();
});

test('a transaction that fails leaves nothing', () => {
  const journal = open();
  expect(() => {
    journal.transaction(() => {
      journal.setFact('written', 'half');
      throw new Error('power');
    });
  }).toThrow('power');
  expect(journal.fact('written')).toBeUndefined();
});

test('a journal of a former version, whose operations have no fencing tokens, is taken on', () => {
  const former = open();
  former.database.exec('ALTER TABLE operation DROP COLUMN fencing_token');
  former.close();
  opened.length = 0;
  expect(new OperationStore(open()).open()).toEqual([]);
});

test('what was told is told again as history, and what is too old is forgotten', () => {
  const outbox = new Outbox(open());
  const add = (eventId: string, time: string): void => {
    outbox.add({ ...entry, eventId, time: new Date(time) });
  };
  add('old', '2026-01-01T00:00:00Z');
  add('told', '2026-11-01T00:00:00Z');
  for (const { sequence } of outbox.waiting(10)) outbox.markPublished(sequence);
  add('waiting', '2026-11-02T00:00:00Z');
  expect(outbox.prune(new Date('2026-10-01T00:00:00Z'))).toBe(1);
  expect(outbox.tellAgain(new Date('2026-10-01T00:00:00Z'))).toBe(1);
  expect(outbox.waiting(10).map(({ eventId, history }) => [eventId, history])).toEqual([
    ['told', true],
    ['waiting', false],
  ]);
});
