import { expect, test } from 'vitest';
import { isApiError, KubernetesApiError } from './kubernetes-api-error.js';

test('an answer is named by its request, status, reason and message', () => {
  const body = JSON.stringify({
    kind: 'Status',
    reason: 'AlreadyExists',
    message: 'pods "a" already exists',
    code: 409,
  });
  const error = KubernetesApiError.ofAnswer('POST /api/v1/namespaces/shop/pods', 409, body);
  expect(error.message).toBe('POST /api/v1/namespaces/shop/pods: 409 AlreadyExists: pods "a" already exists');
  expect(isApiError(error, 409, 'AlreadyExists')).toBe(true);
  expect(isApiError(error, 409, 'Conflict')).toBe(false);
});

test('an answer that is no Status, as a proxy gives it, is repeated in its beginning', () => {
  const error = KubernetesApiError.ofAnswer('GET /version', 502, '<html>Bad Gateway</html>');
  expect(error).toMatchObject({ status: 502, reason: 'Unknown', passing: true });
  expect(error.message).toContain('Bad Gateway');
});

test('silence may pass, a refusal does not', () => {
  expect(KubernetesApiError.ofSilence('GET /version', new Error('ECONNREFUSED'))).toMatchObject({
    status: 0,
    passing: true,
  });
  expect(KubernetesApiError.ofAnswer('GET /version', 403, '{}').passing).toBe(false);
});
