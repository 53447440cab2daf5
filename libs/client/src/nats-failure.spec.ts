import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { SnapfleetError } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { fromNats, isDisconnection, isTimeout } from './nats-failure.js';

const nobody = new errors.RequestError('no responders', { cause: new errors.NoRespondersError('subject') });
const apiError = (code: number, err_code: number) =>
  new JetStreamApiError({ code, err_code, description: 'what it said' });

test.each([
  ['nobody listening', nobody, 'device_unreachable'],
  ['no answer in time', new errors.TimeoutError(), 'device_unreachable'],
  ['a closed connection', new errors.ClosedConnectionError(), 'device_unreachable'],
  ['a connection that broke', new errors.RequestError('connection disconnected'), 'device_unreachable'],
  ['a missing stream', apiError(404, 10_059), 'device_unreachable'],
  ['JetStream not ready', apiError(503, 10_008), 'device_unreachable'],
  ['wrong credentials', new errors.AuthorizationError('Authorization Violation'), 'access_denied'],
  ['anything else', new TypeError('a bug'), 'internal'],
] as const)('%s is %3$s', (_title, thrown, code) => {
  const failure = fromNats(thrown, 'cannot do it');
  expect(failure).toMatchObject({ code, cause: thrown });
  expect(failure.message).toMatch(/^cannot do it: ./);
});

test('an error of ours stays as it is', () => {
  const error = new SnapfleetError('cancelled', 'on request');
  expect(fromNats(error, 'x')).toBe(error);
});

test('what may be tried again is told apart from what may not', () => {
  expect(isDisconnection(new errors.RequestError('connection disconnected'))).toBe(true);
  expect(isDisconnection(nobody)).toBe(false);
  expect(isTimeout(new errors.TimeoutError())).toBe(true);
});
