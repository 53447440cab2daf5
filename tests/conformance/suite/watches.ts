import { describe, expect, test } from 'vitest';
import type { Cluster, WatchEvent } from './cluster.js';
import { mergePatch, refusalOf } from './cluster.js';
import { configMap } from './manifests.js';

const labelled = (tier: string) => ({ labels: { tier } });
const told = (events: readonly WatchEvent[]) =>
  events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => [type, object.metadata.name]);

/** How lists and watches go together. */
export function describeWatches(use: () => Cluster): void {
  describe('watches', () => {
    test('a watch from a list brings every later change of the selected objects, in order', async () => {
      const cluster = use();
      const { core } = cluster;
      const namespace = await cluster.namespace();
      const create = (name: string, tier: string) =>
        core.createNamespacedConfigMap({ namespace, body: configMap(namespace, name, {}, labelled(tier)) });
      await create('before', 'web');
      const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'tier in (web, api)' });
      expect(list.items.map(({ metadata }) => metadata?.name)).toEqual(['before']);
      await create('one', 'web');
      await create('other', 'db');
      const body = { metadata: { labels: { tier: 'web' } } };
      await core.patchNamespacedConfigMap({ namespace, name: 'other', body }, mergePatch);
      await core.patchNamespacedConfigMap({ namespace, name: 'one', body: { data: { a: '1' } } }, mergePatch);
      const away = { metadata: { labels: { tier: 'db' } } };
      await core.patchNamespacedConfigMap({ namespace, name: 'other', body: away }, mergePatch);
      await core.deleteNamespacedConfigMap({ namespace, name: 'one' });
      const events = await cluster.watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        { resourceVersion: list.metadata?.resourceVersion ?? '', labelSelector: 'tier in (web, api)' },
        (seen) => told(seen).length >= 5,
      );
      expect(told(events)).toEqual([
        ['ADDED', 'one'],
        ['ADDED', 'other'],
        ['MODIFIED', 'one'],
        ['DELETED', 'other'],
        ['DELETED', 'one'],
      ]);
      const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    });

    test('a watch without a version begins with what is there, and of one name brings only that', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      for (const name of ['one', 'other']) {
        await cluster.core.createNamespacedConfigMap({ namespace, body: configMap(namespace, name) });
      }
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const query = { fieldSelector: 'metadata.name=one', resourceVersion: '0' };
      expect(told(await cluster.watch(path, query, (events) => events.length > 0))).toEqual([['ADDED', 'one']]);
    });

    test('a watch ends after its time, with a bookmark if that was asked for', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const list = await cluster.core.listNamespacedConfigMap({ namespace });
      const version = list.metadata?.resourceVersion ?? '';
      const query = { resourceVersion: version, timeoutSeconds: 2, allowWatchBookmarks: true };
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const events = await cluster.watch(path, query, () => false);
      expect(events.every(({ type }) => type === 'BOOKMARK' || type === 'ADDED')).toBe(true);
    });

    test('a field by which a kind cannot be selected is refused', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const wrong = cluster.core.listNamespacedConfigMap({ namespace, fieldSelector: 'spec.colour=red' });
      expect(await refusalOf(wrong)).toMatchObject({ code: 400, reason: 'BadRequest' });
    });
  });
}
