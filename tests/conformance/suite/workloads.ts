import type { V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { mergePatch, orAbsent, refusalOf, type Cluster } from './cluster.js';
import { claim, pod, podSpec, workload } from './manifests.js';

const plurals = {
  Deployment: 'apps/v1 deployments',
  ReplicaSet: 'apps/v1 replicasets',
  StatefulSet: 'apps/v1 statefulsets',
  ReplicationController: 'v1 replicationcontrollers',
} as const;
type Kind = keyof typeof plurals;

/** What all kinds have in common, whichever client reads them. */
interface Scaled {
  readonly metadata?: { readonly generation?: number; readonly uid?: string; readonly resourceVersion?: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly observedGeneration?: number;
  };
}

/** Whether its controller has seen the newest specification and has as many ready Pods. */
function isSettled({ metadata = {}, spec = {}, status = {} }: Scaled, replicas: number): boolean {
  const { observedGeneration = 0, replicas: count = 0, readyReplicas = 0 } = status;
  const seen = observedGeneration >= (metadata.generation ?? 0);
  return seen && spec.replicas === replicas && count === replicas && readyReplicas === replicas;
}

/** How Pods come and go by their workloads, without any volume. */
export function describeWorkloads(use: () => Cluster): void {
  const read = (cluster: Cluster, kind: Kind, namespace: string, name: string): Promise<Scaled> => {
    const key = { namespace, name };
    switch (kind) {
      case 'Deployment':
        return cluster.apps.readNamespacedDeployment(key);
      case 'ReplicaSet':
        return cluster.apps.readNamespacedReplicaSet(key);
      case 'StatefulSet':
        return cluster.apps.readNamespacedStatefulSet(key);
      case 'ReplicationController':
        return cluster.core.readNamespacedReplicationController(key);
    }
  };
  const scale = (cluster: Cluster, kind: Kind, namespace: string, name: string, body: object) => {
    const request = { namespace, name, body };
    switch (kind) {
      case 'Deployment':
        return cluster.apps.patchNamespacedDeploymentScale(request, mergePatch);
      case 'ReplicaSet':
        return cluster.apps.patchNamespacedReplicaSetScale(request, mergePatch);
      case 'StatefulSet':
        return cluster.apps.patchNamespacedStatefulSetScale(request, mergePatch);
      case 'ReplicationController':
        return cluster.core.patchNamespacedReplicationControllerScale(request, mergePatch);
    }
  };
  const podsOf = async (cluster: Cluster, namespace: string) =>
    (await cluster.core.listNamespacedPod({ namespace })).items;

  describe('workloads', () => {
    test.each(Object.keys(plurals) as Kind[])('a %s is scaled to 0 and back by its scale', async (kind) => {
      const cluster = use();
      const namespace = await cluster.namespace();
      await cluster.apply(workload(kind, namespace, 'shop', 2));
      const settled = (replicas: number) =>
        cluster.until(`${kind} shop has ${String(replicas)} Pods`, async () => {
          return isSettled(await read(cluster, kind, namespace, 'shop'), replicas);
        });
      await settled(2);
      const before = await podsOf(cluster, namespace);
      expect(before.map(({ status }) => status?.phase)).toEqual(['Running', 'Running']);
      for (const { metadata } of before) {
        const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
        expect(owner?.kind).toBe(kind === 'Deployment' ? 'ReplicaSet' : kind);
      }
      const { metadata } = await read(cluster, kind, namespace, 'shop');
      const { uid, resourceVersion } = metadata ?? {};
      const scaled = await scale(cluster, kind, namespace, 'shop', {
        metadata: { uid, resourceVersion },
        spec: { replicas: 0 },
      });
      expect(scaled).toMatchObject({ kind: 'Scale', spec: {}, metadata: { name: 'shop', uid } });
      await cluster.until('no Pod is left', async () => (await podsOf(cluster, namespace)).length === 0);
      await settled(0);
      const late = { metadata: { uid, resourceVersion }, spec: { replicas: 5 } };
      expect(await refusalOf(scale(cluster, kind, namespace, 'shop', late))).toMatchObject({
        code: 409,
        reason: 'Conflict',
      });
      await scale(cluster, kind, namespace, 'shop', { spec: { replicas: 1 } });
      await settled(1);
    });

    test('the Pods of a StatefulSet have the names of their places and begin one after the other', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      await cluster.apply(workload('StatefulSet', namespace, 'db', 2));
      await cluster.podIsReady(namespace, 'db-1');
      const first = await cluster.core.readNamespacedPod({ namespace, name: 'db-0' });
      const second = await cluster.core.readNamespacedPod({ namespace, name: 'db-1' });
      const ready = first.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime?.getTime() ?? 0;
      expect(second.metadata?.creationTimestamp?.getTime()).toBeGreaterThanOrEqual(ready);
      expect(first.metadata?.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'db-0' });
    });

    test('a dry run of a Pod is refused by admission before its name is told as taken, and stores nothing', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const tried = (more: Partial<V1PodSpec>) => {
        const spec = { containers: [{ name: 'app', image: 'busybox' }], ...more };
        return cluster.core.createNamespacedPod({
          namespace,
          body: { metadata: { name: 'alone' }, spec },
          dryRun: 'All',
        });
      };
      expect((await tried({})).metadata?.name).toBe('alone');
      expect(await podsOf(cluster, namespace)).toEqual([]);
      await cluster.apply(pod(namespace, 'alone', podSpec()));
      expect(await refusalOf(tried({}))).toMatchObject({ code: 409, reason: 'AlreadyExists' });
      expect(await refusalOf(tried({ serviceAccountName: 'absent' }))).toMatchObject({
        code: 403,
        reason: 'Forbidden',
        message: expect.stringContaining('error looking up service account') as string,
      });
      expect(await refusalOf(tried({ containers: [{ name: 'app' }] }))).toMatchObject({ code: 422, reason: 'Invalid' });
      await cluster.core.deleteNamespacedPod({ namespace, name: 'alone' });
    });

    test('a Deployment deleted takes its Pods along', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      await cluster.apply(workload('Deployment', namespace, 'shop', 1));
      await cluster.until('its Pod is there', async () => (await podsOf(cluster, namespace)).length === 1);
      await cluster.apps.deleteNamespacedDeployment({ namespace, name: 'shop' });
      await cluster.until('no Pod is left', async () => (await podsOf(cluster, namespace)).length === 0);
      const sets = await cluster.apps.listNamespacedReplicaSet({ namespace });
      expect(sets.items).toEqual([]);
    });

    test('a bare Pod runs, ends with grace, and does not come back by itself', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const name = 'alone';
      await cluster.apply(pod(namespace, name, podSpec()));
      await cluster.podIsReady(namespace, name);
      const running = await cluster.core.readNamespacedPod({ namespace, name });
      expect(running.spec?.nodeName).toBe('device');
      expect(running.status?.containerStatuses?.[0]?.ready).toBe(true);
      const deleted = await cluster.core.deleteNamespacedPod({ namespace, name });
      expect(deleted.metadata?.deletionTimestamp).toBeInstanceOf(Date);
      expect(deleted.metadata?.deletionGracePeriodSeconds).toBe(1);
      await cluster.podIsGone(namespace, name);
      await cluster.apply(pod(namespace, name, podSpec()));
      await cluster.podIsReady(namespace, name);
      const again = await cluster.core.readNamespacedPod({ namespace, name });
      expect(again.metadata?.uid).not.toBe(running.metadata?.uid);
    });

    test('a Pod gets the token of its ServiceAccount and the usual tolerations', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const name = 'plain';
      await cluster.apply(pod(namespace, name, podSpec()));
      const running = await cluster.core.readNamespacedPod({ namespace, name });
      const token = running.spec?.volumes?.find((volume) => volume.name.startsWith('kube-api-access-'));
      expect(running.spec?.containers[0]?.volumeMounts).toContainEqual({
        name: token?.name,
        mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
        readOnly: true,
      });
      expect(running.spec?.tolerations?.map(({ key }) => key)).toEqual([
        'node.kubernetes.io/not-ready',
        'node.kubernetes.io/unreachable',
      ]);
    });

    test('a Pod with a finalizer stays terminating until that is removed', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const name = 'held';
      const held = pod(namespace, name, podSpec());
      await cluster.apply({ ...held, metadata: { ...held.metadata, finalizers: ['example.org/hold'] } });
      await cluster.podIsReady(namespace, name);
      await cluster.core.deleteNamespacedPod({ namespace, name });
      await cluster.until('the node is done with it', async () => {
        const { metadata } = await cluster.core.readNamespacedPod({ namespace, name });
        return metadata?.deletionGracePeriodSeconds === 0;
      });
      const release = { metadata: { finalizers: null } };
      await cluster.core.patchNamespacedPod({ namespace, name, body: release }, mergePatch);
      await cluster.podIsGone(namespace, name);
    });

    test('a Pod whose claim does not exist waits, and says for what', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const name = 'waits';
      await cluster.apply(pod(namespace, name, podSpec('absent')));
      const message = await cluster.until('it says why', async () => {
        const { status } = await cluster.core.readNamespacedPod({ namespace, name });
        return status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False')?.message;
      });
      expect(message).toContain('persistentvolumeclaim "absent" not found');
      await cluster.core.deleteNamespacedPod({ namespace, name });
      expect(await orAbsent(cluster.core.readNamespacedPod({ namespace, name }))).toBeUndefined();
    });

    test('a Pod that is to run a command and end does so, or fails with the reason that nothing runs it', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const spec = podSpec(undefined, { restartPolicy: 'Never' }, { command: ['sh', '-c', 'exit 0'] });
      await cluster.apply(pod(namespace, 'assertion', spec));
      const ended = await cluster.until('it has ended', async () => {
        const { status } = await cluster.core.readNamespacedPod({ namespace, name: 'assertion' });
        return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? status : undefined;
      });
      const state = ended.containerStatuses?.[0]?.state?.terminated;
      if (cluster.device.capabilities.runsAssertions) expect(state?.exitCode).toBe(0);
      else expect([ended.phase, ended.reason, state]).toEqual(['Failed', 'ContainerCannotRun', undefined]);
    });

    test('a StatefulSet claims a volume for each place', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const set = workload('StatefulSet', namespace, 'db', 1);
      const { spec } = claim(namespace, 'data');
      const templates = [{ metadata: { name: 'data' }, spec }];
      const template = { metadata: { labels: { app: 'db' } }, spec: podSpec() };
      await cluster.apply({ ...set, spec: { ...set.spec, template, volumeClaimTemplates: templates } });
      await cluster.podIsReady(namespace, 'db-0');
      const made = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name: 'data-db-0' });
      expect(made.status?.phase).toBe('Bound');
    });
  });
}
