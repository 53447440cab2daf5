import { expect, test } from 'vitest';
import { ScalableWorkload } from './scalable-workload.js';
import { VolumeSnapshot } from './volume-snapshot.js';

const metadata = { name: 'odd', namespace: 'shop', uid: 'u', resourceVersion: '1' };

test('a claim template without a name, which the API server takes, keeps no list from being read', () => {
  const spec = { volumeClaimTemplates: [{ metadata: {}, spec: {} }] };
  expect(ScalableWorkload.parse({ metadata, spec }).spec.volumeClaimTemplates?.[0]?.metadata.name).toBe('');
});

test('a size that is a number, which the API server takes, is read as its text', () => {
  const snapshot = { metadata, spec: { source: {} }, status: { restoreSize: 1024 } };
  expect(VolumeSnapshot.parse(snapshot).status?.restoreSize).toBe('1024');
});
