import {
  consumersOf,
  deterministicUuid,
  DeviceId,
  IdempotencyKey,
  flow,
  operationIdFor,
  parseSubject,
  parties,
  streams,
  subjectFor,
  subjectOfAllDevices,
} from '@snapfleet/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const devices = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/).map((text) => DeviceId.parse(text));
const messages = fc.constantFrom(...flow);
const keys = fc.stringMatching(/^[A-Za-z0-9._:/-]{1,128}$/);

/** Whether a subject matches a filter, as NATS says: `*` is one token, `>` is one or more at the end. */
function matches(filter: string, subject: string): boolean {
  const pattern = filter
    .split('.')
    .map((token) => (token === '*' ? '[^.]+' : token === '>' ? '.+' : token.replaceAll('$', '\\$')))
    .join('\\.');
  return new RegExp(`^${pattern}$`).test(subject);
}

test('a subject says again what it was made of', () => {
  fc.assert(
    fc.property(messages, devices, (message, device) => {
      expect(parseSubject(subjectFor(message, device))).toEqual({ plane: message.plane, device, name: message.name });
    }),
  );
});

test('the filter for all devices matches the subject of each, and of no other message', () => {
  fc.assert(
    fc.property(messages, messages, devices, (message, other, device) => {
      expect(matches(subjectOfAllDevices(message), subjectFor(other, device))).toBe(message === other);
    }),
  );
});

test('anything else than a subject of ours is none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseSubject(text);
      expect(parsed === undefined || subjectFor(parsed, parsed.device) === text).toBe(true);
    }),
  );
});

test('a name that is no device is refused', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/^[a-z0-9][a-z0-9-]{0,62}$/.test(text)),
      (text) => {
        expect(DeviceId.safeParse(text).success).toBe(false);
        expect(parseSubject(`snap.v1.evt.${text}.snapshot.ready`)).toBeUndefined();
      },
    ),
  );
});

test('a stored message is in exactly one stream, and every party that receives it has a consumer for it', () => {
  fc.assert(
    fc.property(messages, devices, (message, device) => {
      const subject = subjectFor(message, device);
      const holding = Object.values(streams).filter((stream) =>
        stream.subjects.some((filter) => matches(filter, subject)),
      );
      expect(holding.length).toBe(message.plane === 'svc' ? 0 : 1);
      for (const party of parties.filter((name) => name !== 'client')) {
        const takes = consumersOf(party).some((consumer) =>
          consumer.filterSubjects.some((filter) => matches(filter, subject)),
        );
        expect(takes).toBe(message.plane !== 'svc' && message.to.includes(party));
      }
    }),
  );
});

test('a command has one owner', () => {
  const shared = flow.filter((message) => message.plane !== 'evt' && message.to.length !== 1);
  expect(shared.map(({ name }) => name)).toEqual([]);
});

test('the same device, command and key name one operation, any other another', () => {
  const operations = fc.tuple(devices, messages, keys);
  fc.assert(
    fc.property(operations, operations, (one, other) => {
      const idOf = ([device, { name }, key]: typeof one): string =>
        operationIdFor(device, name, IdempotencyKey.parse(key));
      const same = one[0] === other[0] && one[1].name === other[1].name && one[2] === other[2];
      expect(idOf(one) === idOf(other)).toBe(same);
    }),
  );
});

test('ids made of parts are UUIDs of version 5, and the places where parts meet count', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const id = deterministicUuid(one, other);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(id).not.toBe(deterministicUuid(one + other));
    }),
  );
});
