import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error.js';
import { ObjectStore } from './object-store.js';
import { Objects } from './objects.js';
import { types } from './resource-types.js';

const codeOf = (work: () => unknown): number | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ApiError ? error.code : undefined;
  }
};

describe('the object store', () => {
  it('tells the changes since a revision, and refuses one that is forgotten with 410', () => {
    const objects = new Objects(new ObjectStore());
    const first = objects.store.revision;
    objects.create(types.configMaps, { metadata: { name: 'one' }, data: { n: '0' } }, 'shop');
    expect(objects.store.since(first).map(({ kind }) => kind)).toEqual(['ADDED']);
    for (let n = 1; n <= 2000; n += 1) {
      objects.modify(types.configMaps, { namespace: 'shop', name: 'one' }, (draft) => {
        draft['data'] = { n: String(n) };
      });
    }
    expect(codeOf(() => objects.store.since(first))).toBe(410);
    expect(objects.store.since(objects.store.revision - 1)).toHaveLength(1);
  });

  it('never changes an object that it has handed out', () => {
    const objects = new Objects(new ObjectStore());
    const before = objects.create(types.configMaps, { metadata: { name: 'one' } }, 'shop');
    objects.modify(types.configMaps, { namespace: 'shop', name: 'one' }, (draft) => {
      draft.metadata.labels = { a: 'b' };
    });
    expect(before.metadata.labels).toBeUndefined();
  });

  it('counts a generation only when what is wanted changes', () => {
    const objects = new Objects(new ObjectStore());
    const key = { namespace: 'shop', name: 'one' };
    objects.create(types.deployments, deployment, 'shop');
    const labelled = objects.modify(types.deployments, key, (draft) => {
      draft.metadata.labels = { a: 'b' };
      draft.status = { replicas: 1 };
    });
    expect(labelled.metadata.generation).toBe(1);
    const scaled = objects.modify(types.deployments, key, (draft) => {
      draft.spec.replicas = 2;
    });
    expect(scaled.metadata.generation).toBe(2);
  });

  it('counts the annotations of a Deployment as wanted, and those of nothing else', () => {
    const objects = new Objects(new ObjectStore());
    const key = { namespace: 'shop', name: 'one' };
    objects.create(types.deployments, deployment, 'shop');
    objects.create(types.configMaps, { metadata: { name: 'one' } }, 'shop');
    const annotated = objects.modify(types.deployments, key, (draft) => {
      draft.metadata.annotations = { a: 'b' };
    });
    expect(annotated.metadata.generation).toBe(2);
    const other = objects.modify(types.configMaps, key, (draft) => {
      draft.metadata.annotations = { a: 'b' };
    });
    expect(other.metadata.generation).toBe(1);
  });
});

const deployment = {
  metadata: { name: 'one' },
  spec: { selector: {}, template: { spec: { containers: [{ name: 'app', image: 'none' }] } } },
};
