import { type Configuration, CoreV1Api, createConfiguration, ServerConfiguration } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { mergePatch, parts, refusalOf, type Cluster } from './cluster.js';
import { configMap } from './manifests.js';

/** Owners, namespaces, discovery and access: what surrounds objects. */
export function describeEnvironment(use: () => Cluster): void {
  describe('the environment of objects', () => {
    test('what an object owns goes with it, unless it is to be orphaned', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const create = (name: string, metadata: object = {}) =>
        core.createNamespacedConfigMap({ namespace, body: configMap(namespace, name, {}, { ...metadata }) });
      const owned = async (owner: string, name: string) => {
        const { metadata } = await create(owner);
        const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: metadata?.uid ?? '' };
        await create(name, { ownerReferences: [reference] });
      };
      await owned('owner', 'dependent');
      await core.deleteNamespacedConfigMap({ namespace, name: 'owner', propagationPolicy: 'Background' });
      await cluster.gone('the dependent', () => core.readNamespacedConfigMap({ namespace, name: 'dependent' }));
      await owned('parent', 'orphan');
      await core.deleteNamespacedConfigMap({ namespace, name: 'parent', propagationPolicy: 'Orphan' });
      await cluster.gone('the parent', () => core.readNamespacedConfigMap({ namespace, name: 'parent' }));
      const orphan = await core.readNamespacedConfigMap({ namespace, name: 'orphan' });
      expect(orphan.metadata?.ownerReferences ?? []).toEqual([]);
    });

    test('a namespace goes with everything in it and takes nothing new', async () => {
      const { core, ...cluster } = parts(use());
      const namespace = await cluster.namespace();
      const body = configMap(namespace, 'held', {}, { finalizers: ['example.org/hold'] });
      await core.createNamespacedConfigMap({ namespace, body });
      await core.deleteNamespace({ name: namespace });
      const late = core.createNamespacedConfigMap({ namespace, body: configMap(namespace, 'late') });
      expect(await refusalOf(late)).toMatchObject({ code: 403, reason: 'Forbidden' });
      const release = { metadata: { finalizers: null } };
      await core.patchNamespacedConfigMap({ namespace, name: 'held', body: release }, mergePatch);
      await cluster.gone('the namespace', () => core.readNamespace({ name: namespace }));
      const after = core.createNamespacedConfigMap({ namespace, body: configMap(namespace, 'late') });
      expect(await refusalOf(after)).toMatchObject({ code: 404, message: `namespaces "${namespace}" not found` });
    });

    test('discovery names the kinds of a group and knows no other group', async () => {
      const { custom, version } = parts(use());
      const list: unknown = await custom.getAPIResources({ group: 'snapshot.storage.k8s.io', version: 'v1' });
      expect(list).toMatchObject({
        resources: expect.arrayContaining([
          expect.objectContaining({ name: 'volumesnapshots', kind: 'VolumeSnapshot', namespaced: true }),
          expect.objectContaining({ name: 'volumesnapshotcontents', namespaced: false }),
        ]) as unknown,
      });
      const absent = custom.listClusterCustomObject({ group: 'absent.example.org', version: 'v1', plural: 'things' });
      await expect(absent).rejects.toMatchObject({ code: 404 });
      expect((await version.getCode()).gitVersion).toMatch(/^v1\.\d+\.\d+/);
    });

    test('nobody is let in without the token', async () => {
      const cluster = use();
      const server = cluster.config.getCurrentCluster()?.server ?? '';
      const without: Configuration = createConfiguration({ baseServer: new ServerConfiguration(server, {}) });
      await expect(new CoreV1Api(without).listNamespace()).rejects.toThrow();
    });
  });
}
