import { createMessage, encodeMessage, SnapfleetError, SnapshotList, subjectFor } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const subject = subjectFor(SnapshotList, deviceId);

async function ask(payload: Uint8Array | string): Promise<unknown> {
  return (await device.client.connection.request(subject, payload, { timeout: 5_000 })).json();
}

const question = (): Uint8Array =>
  encodeMessage(createMessage(SnapshotList, {}, { device: deviceId, publisher: 'test' }));

test('answers a query at once', async () => {
  const asked: unknown[] = [];
  await device.start('orchestrator', {
    list: ({ data }) => {
      asked.push(data);
      return Promise.resolve({ restorePoints: [] });
    },
  });
  expect(await ask(question())).toEqual({ ok: true, result: { restorePoints: [] } });
  expect(asked).toEqual([{ includeDeleted: false, limit: 50 }]);
});

test('answers a query with the error of its handler', async () => {
  await device.start('orchestrator', {
    list: () => Promise.reject(new SnapfleetError('snapshot_not_found', 'nothing here')),
  });
  expect(await ask(question())).toMatchObject({ ok: false, error: { code: 'snapshot_not_found' } });
});

test('answers a wrong query with field and rule', async () => {
  await device.start('orchestrator');
  const wrong = createMessage(SnapshotList, {}, { device: deviceId, publisher: 'test' });
  const answer = await ask(JSON.stringify({ ...wrong, data: { limit: 1_000 } }));
  expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_message', field: 'data.limit' } });
});
