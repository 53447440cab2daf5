import { beforeEach, expect, test } from 'vitest';
import { createAdmitted } from '../admission/admission.js';
import { ObjectStore } from '../store/object-store.js';
import { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';
import { ObjectWrites } from './object-writes.js';

const dryRun = { dryRun: true };
let objects: Objects;
let writes: ObjectWrites;

const pod = (serviceAccountName?: string): object => ({
  metadata: { name: 'base' },
  spec: { containers: [{ name: 'app', image: 'busybox' }], ...(serviceAccountName && { serviceAccountName }) },
});

beforeEach(() => {
  objects = new Objects(new ObjectStore());
  writes = new ObjectWrites(objects);
  createAdmitted(objects, types.namespaces, { metadata: { name: 'shop' } });
});

test('a dry run of what would be created is answered with it, and stores nothing', () => {
  expect(writes.create(types.pods, pod(), 'shop', dryRun)).toMatchObject({ metadata: { name: 'base' } });
  expect(objects.list(types.pods)).toEqual([]);
});

test('a dry run is refused first by admission, and then because the name is taken', () => {
  writes.create(types.pods, pod(), 'shop', { dryRun: false });
  expect(() => writes.create(types.pods, pod('runner'), 'shop', dryRun)).toThrow(
    'pods "base" is forbidden: error looking up service account shop/runner: serviceaccount "runner" not found',
  );
  objects.create(types.serviceAccounts, { metadata: { name: 'runner' } }, 'shop');
  expect(() => writes.create(types.pods, pod('runner'), 'shop', dryRun)).toThrow('pods "base" already exists');
});
