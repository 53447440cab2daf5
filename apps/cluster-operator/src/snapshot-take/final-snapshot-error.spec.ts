import { expect, test } from 'vitest';
import { meaningOfDriverError } from './final-snapshot-error.js';

test.each([
  'Failed to create snapshot: rpc error: code = Unimplemented desc = device class is not thin. Thick snapshots are not implemented yet',
  'rpc error: code = Unimplemented desc = snapshot can be created for only thin volumes',
])('a thick volume is final: %s', (text) => {
  expect(meaningOfDriverError(text)).toMatchObject({ code: 'thick_device_class', final: true });
});

test('missing room may come back, so it does not end the waiting', () => {
  const text = 'rpc error: code = ResourceExhausted desc = no enough space left on VG: free=0, desiredSize=1073741824';
  expect(meaningOfDriverError(text)).toMatchObject({ code: 'pool_headroom_missing', final: false });
});

test('anything else has no meaning of its own', () => {
  expect(meaningOfDriverError('context deadline exceeded')).toBeUndefined();
});
