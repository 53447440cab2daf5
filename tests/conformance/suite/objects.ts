import type { V1ConfigMap } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { claim, configMap, podSpec, volumeSnapshot, workload } from './manifests.js';
import { jsonPatch, mergePatch, orAbsent, parts, refusalOf, strategicMergePatch, type Cluster } from './cluster.js';

/** How objects are stored, changed and refused. */
export function describeObjects(use: () => Cluster): void {
  describe('objects', () => {
    test('an object is created once, read, and gone after its deletion', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const created = await core.createNamespacedConfigMap({
        namespace,
        body: configMap(namespace, 'one', { a: '1' }),
      });
      expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
      const again = core.createNamespacedConfigMap({ namespace, body: configMap(namespace, 'one') });
      expect(await refusalOf(again)).toMatchObject({
        code: 409,
        reason: 'AlreadyExists',
        message: 'configmaps "one" already exists',
        details: { name: 'one', kind: 'configmaps' },
      });
      await core.deleteNamespacedConfigMap({ namespace, name: 'one' });
      expect(await refusalOf(core.readNamespacedConfigMap({ namespace, name: 'one' }))).toMatchObject({
        code: 404,
        reason: 'NotFound',
        message: 'configmaps "one" not found',
      });
      expect(await refusalOf(core.deleteNamespacedConfigMap({ namespace, name: 'one' }))).toMatchObject({ code: 404 });
    });

    test('a generated name begins with the wish and is new each time', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const body = { metadata: { generateName: 'note-' } };
      const one = await core.createNamespacedConfigMap({ namespace, body });
      const other = await core.createNamespacedConfigMap({ namespace, body });
      expect(one.metadata?.name).toMatch(/^note-[a-z0-9]{5}$/);
      expect(other.metadata?.name).not.toBe(one.metadata?.name);
    });

    test('a change that was made of an old version is a conflict', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const first = await core.createNamespacedConfigMap({ namespace, body: configMap(namespace, 'one', { a: '1' }) });
      const second = await core.replaceNamespacedConfigMap({
        namespace,
        name: 'one',
        body: withData(first, { a: '2' }),
      });
      expect(second.metadata?.resourceVersion).not.toBe(first.metadata?.resourceVersion);
      expect(second.metadata?.uid).toBe(first.metadata?.uid);
      const late = core.replaceNamespacedConfigMap({ namespace, name: 'one', body: withData(first, { a: '3' }) });
      expect(await refusalOf(late)).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
      });
      const patch = { metadata: { resourceVersion: first.metadata?.resourceVersion }, data: { a: '3' } };
      const latePatch = core.patchNamespacedConfigMap({ namespace, name: 'one', body: patch }, mergePatch);
      expect(await refusalOf(latePatch)).toMatchObject({ code: 409, reason: 'Conflict' });
    });

    test('a change without a difference leaves the version as it is', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const first = await core.createNamespacedConfigMap({ namespace, body: configMap(namespace, 'one', { a: '1' }) });
      const body = { data: { a: '1' } };
      const second = await core.patchNamespacedConfigMap({ namespace, name: 'one', body }, mergePatch);
      expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    });

    test('a change or deletion that is meant for another object of the name is refused', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const name = 'one';
      const created = await core.createNamespacedConfigMap({ namespace, body: configMap(namespace, name) });
      const uid = '00000000-0000-4000-8000-000000000000';
      const replaced = core.replaceNamespacedConfigMap({
        namespace,
        name,
        body: withData({ metadata: { name, uid } }, {}),
      });
      expect(await refusalOf(replaced)).toMatchObject({ code: 409, reason: 'Conflict' });
      const patch = (metadata: object) =>
        refusalOf(core.patchNamespacedConfigMap({ namespace, name, body: { metadata } }, mergePatch));
      // A uid in a patch is no precondition but a change of what cannot be changed.
      expect(await patch({ uid })).toMatchObject({ code: 422, details: { causes: [{ field: 'metadata.uid' }] } });
      expect(await patch({ uid, resourceVersion: '1' })).toMatchObject({ code: 409, reason: 'Conflict' });
      const deletion = (preconditions: object) =>
        refusalOf(core.deleteNamespacedConfigMap({ namespace, name, body: { preconditions } }));
      expect(await deletion({ uid })).toMatchObject({ code: 409, reason: 'Conflict' });
      expect(await deletion({ resourceVersion: '1' })).toMatchObject({ code: 409, reason: 'Conflict' });
      const present = await core.readNamespacedConfigMap({ namespace, name });
      expect(present.metadata?.uid).toBe(created.metadata?.uid);
    });

    test('a custom resource and a scale are not changed under another identity', async () => {
      const { apps, custom, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const [snapshot] = await cluster.apply(
        volumeSnapshot(namespace, 'point', 'absent'),
        workload('Deployment', namespace, 'shop', 0),
      );
      const uid = '00000000-0000-4000-8000-000000000000';
      const path = { group: 'snapshot.storage.k8s.io', version: 'v1', plural: 'volumesnapshots', namespace };
      const patch = custom.patchNamespacedCustomObject(
        { ...path, name: 'point', body: { metadata: { uid } } },
        mergePatch,
      );
      expect(await refusalOf(patch)).toMatchObject({ code: 422, reason: 'Invalid' });
      const body = { ...snapshot, metadata: { name: 'point', namespace } };
      const versionless = custom.replaceNamespacedCustomObject({ ...path, name: 'point', body });
      expect(await refusalOf(versionless)).toMatchObject({
        code: 422,
        details: { causes: [{ field: 'metadata.resourceVersion' }] },
      });
      const scale = { metadata: { uid }, spec: { replicas: 1 } };
      const scaled = apps.patchNamespacedDeploymentScale({ namespace, name: 'shop', body: scale }, mergePatch);
      expect(await refusalOf(scaled)).toMatchObject({ code: 409, reason: 'Conflict' });
    });

    test('a merge patch changes and removes fields, a JSON patch can test before', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const name = 'one';
      await core.createNamespacedConfigMap({ namespace, body: configMap(namespace, name, { a: '1', b: '2' }) });
      const merged = await core.patchNamespacedConfigMap(
        { namespace, name, body: { data: { a: null, c: '3' } } },
        mergePatch,
      );
      expect(merged.data).toEqual({ b: '2', c: '3' });
      const wrong = [{ op: 'test', path: '/data/b', value: 'other' }];
      expect(await refusalOf(core.patchNamespacedConfigMap({ namespace, name, body: wrong }, jsonPatch))).toMatchObject(
        {
          code: 422,
          reason: 'Invalid',
        },
      );
      const right = [
        { op: 'test', path: '/data/b', value: '2' },
        { op: 'remove', path: '/data/c' },
        { op: 'add', path: '/metadata/labels', value: { 'a/b': 'c' } },
      ];
      const patched = await core.patchNamespacedConfigMap({ namespace, name, body: right }, jsonPatch);
      expect(patched).toMatchObject({ data: { b: '2' }, metadata: { labels: { 'a/b': 'c' } } });
    });

    test('a strategic merge patch finds a container by its name, and is not taken for custom resources', async () => {
      const { apps, custom, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      await cluster.apply(workload('Deployment', namespace, 'shop', 0), volumeSnapshot(namespace, 'none', 'none'));
      const body = { spec: { template: { spec: { containers: [{ name: 'app', image: 'example.org/other:1' }] } } } };
      const patched = await apps.patchNamespacedDeployment({ namespace, name: 'shop', body }, strategicMergePatch);
      expect(patched.spec?.template.spec?.containers).toEqual([
        expect.objectContaining({
          name: 'app',
          image: 'example.org/other:1',
          terminationMessagePath: '/dev/termination-log',
        }),
      ]);
      const path = {
        group: 'snapshot.storage.k8s.io',
        version: 'v1',
        plural: 'volumesnapshots',
        namespace,
        name: 'none',
      };
      const refused = custom.patchNamespacedCustomObject({ ...path, body: {} }, strategicMergePatch);
      expect(await refusalOf(refused)).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    });

    test('a deleted object with a finalizer stays, takes no new finalizer, and goes with its last one', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const name = 'held';
      const held = configMap(namespace, name, {}, { finalizers: ['example.org/hold'] });
      await core.createNamespacedConfigMap({ namespace, body: held });
      await core.deleteNamespacedConfigMap({ namespace, name });
      expect((await core.readNamespacedConfigMap({ namespace, name })).metadata?.deletionTimestamp).toBeInstanceOf(
        Date,
      );
      const more = { metadata: { finalizers: ['example.org/hold', 'example.org/more'] } };
      expect(await refusalOf(core.patchNamespacedConfigMap({ namespace, name, body: more }, mergePatch))).toMatchObject(
        {
          code: 422,
          message: expect.stringContaining('no new finalizers can be added if the object is being deleted') as string,
        },
      );
      await core.patchNamespacedConfigMap({ namespace, name, body: { metadata: { finalizers: null } } }, mergePatch);
      expect(await orAbsent(core.readNamespacedConfigMap({ namespace, name }))).toBeUndefined();
    });

    test('objects that are not valid are refused with the field that is wrong', async () => {
      const { core, apps, custom, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const claims = (body: object) => refusalOf(core.createNamespacedPersistentVolumeClaim({ namespace, body }));
      expect(await claims(claim(namespace, 'data', { accessModes: [] }))).toMatchObject({
        code: 422,
        reason: 'Invalid',
        details: { kind: 'PersistentVolumeClaim', causes: [{ field: 'spec.accessModes' }] },
      });
      expect(await claims(claim(namespace, 'Bad_Name'))).toMatchObject({
        code: 422,
        details: { causes: [{ field: 'metadata.name' }] },
      });
      const labels = { app: 'other' };
      const shop = workload('Deployment', namespace, 'shop', 1);
      const mismatch = { ...shop, spec: { ...shop.spec, template: { metadata: { labels }, spec: podSpec() } } };
      const refusal = await refusalOf(apps.createNamespacedDeployment({ namespace, body: mismatch as object }));
      expect(refusal).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.template.metadata.labels' }] } });
      const both = volumeSnapshot(namespace, 'both', 'data');
      const source = { persistentVolumeClaimName: 'data', volumeSnapshotContentName: 'content' };
      const snapshots = { group: 'snapshot.storage.k8s.io', version: 'v1', plural: 'volumesnapshots', namespace };
      const created = custom.createNamespacedCustomObject({ ...snapshots, body: { ...both, spec: { source } } });
      expect(await refusalOf(created)).toMatchObject({ code: 422, reason: 'Invalid' });
    });

    test('what a snapshot is made of cannot be changed afterwards', async () => {
      const { custom, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      await cluster.apply(volumeSnapshot(namespace, 'point', 'absent'));
      const path = { group: 'snapshot.storage.k8s.io', version: 'v1', plural: 'volumesnapshots', namespace };
      const body = { spec: { source: { persistentVolumeClaimName: 'other' } } };
      const change = custom.patchNamespacedCustomObject({ ...path, name: 'point', body }, mergePatch);
      expect(await refusalOf(change)).toMatchObject({ code: 422, reason: 'Invalid' });
    });
  });
}

/** The object as it was read, with other data. */
function withData({ metadata }: V1ConfigMap, data: Record<string, string>): V1ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', ...(metadata === undefined ? {} : { metadata }), data };
}
