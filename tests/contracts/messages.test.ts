import {
  encodeMessage,
  errorCodeNames,
  flow,
  maximumMessageBytes,
  parseEnvelope,
  parseMessage,
  SnapfleetError,
  SnapshotCreate,
  typeOf,
} from '@snapfleet/contracts';
import { CloudEvent } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import { bytesOf, everyMessage, exampleOf, subjectOf } from './every-message.js';

const errorOf = (action: () => unknown): SnapfleetError => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof SnapfleetError) return thrown;
    throw thrown;
  }
  throw new Error('it was accepted');
};

describe.each(everyMessage)('%s', (_title, definition) => {
  const example = exampleOf(definition);

  test('comes back from the wire as it was sent', () => {
    expect(parseMessage(definition, encodeMessage(example), subjectOf(definition))).toEqual(example);
  });

  test('is a valid CloudEvent for the library of the CloudEvents project', () => {
    const json = JSON.parse(new TextDecoder().decode(encodeMessage(example))) as Record<string, unknown>;
    const event = new CloudEvent(json, true);
    expect(event.validate()).toBe(true);
    expect(event.type).toBe(typeOf(definition));
  });

  test('is read with fields that this version does not know', () => {
    const data = { ...(example.data as object), addedLater: { deep: [1] } };
    const message = { ...example, data, addedextension: 'x' };
    expect(parseMessage(definition, bytesOf(message), subjectOf(definition))).toEqual(example);
  });

  test('is refused with another type than its subject says', () => {
    const error = errorOf(() =>
      parseMessage(definition, bytesOf({ ...example, type: 'io.snapfleet.other.v1' }), subjectOf(definition)),
    );
    expect(error).toMatchObject({
      code: 'invalid_message',
      field: 'type',
      rule: expect.stringContaining(typeOf(definition)) as string,
    });
  });

  test('is refused for another device than its subject says', () => {
    const error = errorOf(() =>
      parseMessage(definition, bytesOf({ ...example, deviceid: 'edge-2' }), subjectOf(definition)),
    );
    expect(error).toMatchObject({ code: 'wrong_device', field: 'deviceid' });
  });

  test('has a name, parties and an end that the contracts know', () => {
    expect(definition.name).toMatch(/^[a-z][a-z-]*\.[a-z][a-z-]*$/);
    expect(definition.from.length).toBeGreaterThan(0);
    expect(definition.to.length).toBeGreaterThan(0);
    const events = flow.filter(({ plane }) => plane === 'evt').map(({ name }) => name);
    if ('outcomes' in definition) expect(events).toEqual(expect.arrayContaining([...definition.outcomes]));
    if ('errors' in definition) expect(errorCodeNames).toEqual(expect.arrayContaining([...definition.errors]));
  });
});

test('names are unique within a plane', () => {
  const titles = everyMessage.map(([title]) => title);
  expect(new Set(titles).size).toBe(titles.length);
});

describe('a wrong message is refused by the path of the field and the rule', () => {
  const subject = subjectOf(SnapshotCreate);
  const good = { ...exampleOf(SnapshotCreate), data: SnapshotCreate.example };
  const workload = { kind: 'Deployment', name: 'orders' };

  test.each([
    ['not JSON', '{', 'message', 'must be a JSON object in UTF-8'],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'message', 'must be a JSON object in UTF-8'],
    [
      'too large',
      new Uint8Array(maximumMessageBytes + 1),
      'message',
      `must be at most ${String(maximumMessageBytes)} bytes`,
    ],
    ['no CloudEvent', {}, 'specversion', 'Invalid input: expected "1.0"'],
    ['without id', { ...good, id: undefined }, 'id', 'expected string'],
    [
      'a wrong namespace',
      { ...good, data: { ...good.data, namespace: 'Shop' } },
      'data.namespace',
      'Kubernetes namespace',
    ],
    ['a missing claim', { ...good, data: { namespace: 'shop' } }, 'data.persistentVolumeClaim', 'expected string'],
    [
      'a wrong number deep inside',
      { ...good, data: { ...good.data, policy: { quiesce: { level: 'cold', workload, deadlineSeconds: 1 } } } },
      'data.policy.quiesce.deadlineSeconds',
      'expected number to be >=5',
    ],
    [
      'a wrong element of a list',
      { ...good, data: { ...good.data, policy: { movers: ['copy', 'Restic'] } } },
      'data.policy.movers.1',
      'begin with a letter',
    ],
  ])('%s', (_title, payload, field, rule) => {
    const bytes =
      payload instanceof Uint8Array ? payload : typeof payload === 'string' ? Buffer.from(payload) : bytesOf(payload);
    const error = errorOf(() => parseMessage(SnapshotCreate, bytes, subject));
    expect(error).toMatchObject({ code: 'invalid_message', field, rule: expect.stringContaining(rule) as string });
    expect(error.message).toContain(field);
  });
});

test('an envelope is read although its data is not what the contract says', () => {
  const message = { ...exampleOf(SnapshotCreate), data: 'anything' };
  expect(parseEnvelope(bytesOf(message))).toEqual(message);
});
