import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  connectToCluster,
  ExecDeadlineError,
  KubernetesApiError,
  type ClusterAccess,
  type ClusterOf,
  type ExecResult,
} from '@snapfleet/kubernetes';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from '../../support/device-under-test.js';
import { deadlineMs, type Cluster } from './cluster.js';
import { claim, pod, podSpec } from './manifests.js';

const access = {
  pods: { exec: 'what is tested' },
  allows: 'what is tested',
} as const satisfies ClusterAccess;
type Client = ClusterOf<typeof access>;

const role = fileURLToPath(new URL('../../../deploy/rbac/cluster-operator-hooks.yaml', import.meta.url));
const subresource = { resource: 'pods', subresource: 'exec' };

/** Commands in the containers of Pods, as libs/kubernetes runs them. */
export function describeExec(use: () => Cluster): void {
  describe('commands in Pods', () => {
    let namespace: string;
    let client: Client;
    const volume = () => ({ namespace, persistentVolumeClaim: 'data' });
    const run = (...command: string[]): Promise<ExecResult> => runIn('app', { deadlineMs }, command);
    const runIn = (container: string, options: { deadlineMs: number }, command: string[], name = 'busy') =>
      client.pods.exec({ namespace, name }, { container, command }, options);

    beforeAll(async () => {
      const cluster = use();
      namespace = await cluster.namespace();
      await cluster.apply(claim(namespace, 'data'), pod(namespace, 'busy', podSpec('data')));
      await cluster.podIsReady(namespace, 'busy');
      client = connectToCluster(access, { kubeconfig: cluster.device.kubeconfigPath });
    });

    test('exit code, output and complaints come back, and files are those of the volume', async () => {
      expect(await run('false')).toEqual({ exitCode: 1, stdout: '', stderr: '' });
      expect(await run('echo', 'a  b', '$HOME')).toEqual({ exitCode: 0, stdout: 'a  b $HOME\n', stderr: '' });
      const complaint = { exitCode: 1, stdout: '', stderr: 'cat: /data/absent: No such file or directory\n' };
      expect(await run('cat', '/data/absent')).toEqual(complaint);
      expect(await run('touch', '/data/marker')).toMatchObject({ exitCode: 0 });
      expect(await use().device.readFiles(volume())).toMatchObject({ marker: '' });
    });

    test('a program that is not there does not succeed', async () => {
      const outcome = await run('no-such-program').catch((error: unknown) => error);
      const failed = outcome instanceof KubernetesApiError || (outcome as ExecResult).exitCode !== 0;
      expect(failed).toBe(true);
      const shell = await run('sh', '-c', 'echo "$0"; exit 7', 'zero').catch((error: unknown) => error);
      if (use().device.capabilities.runsAnyCommand) expect(shell).toMatchObject({ exitCode: 7, stdout: 'zero\n' });
      else expect(shell).toMatchObject({ reason: 'InternalError' });
    });

    test('one that does not end in time is given up, and the next one runs', async () => {
      await expect(runIn('app', { deadlineMs: 2_000 }, ['sleep', '600'])).rejects.toBeInstanceOf(ExecDeadlineError);
      expect(await run('true')).toMatchObject({ exitCode: 0 });
    });

    test('a Pod or container that is not there is refused', async () => {
      await expect(runIn('app', { deadlineMs }, ['true'], 'absent')).rejects.toMatchObject({ status: 404 });
      await expect(runIn('absent', { deadlineMs }, ['true'])).rejects.toMatchObject({
        status: 400,
        reason: 'BadRequest',
      });
    });

    test('with its Pod a command ends, and after that none can be run', async () => {
      const { core } = use();
      await use().apply(pod(namespace, 'leaving', podSpec()));
      await use().podIsReady(namespace, 'leaving');
      const running = runIn('app', { deadlineMs }, ['sleep', '600'], 'leaving').then(
        ({ exitCode }) => exitCode,
        (error: unknown) => error,
      );
      await core.deleteNamespacedPod({ namespace, name: 'leaving' });
      const ended = await running;
      expect(ended instanceof KubernetesApiError || ended !== 0).toBe(true);
      await use().podIsGone(namespace, 'leaving');
      await expect(runIn('app', { deadlineMs }, ['true'], 'leaving')).rejects.toMatchObject({ status: 404 });
    });

    test('who may run commands is told by the API server, and the role of the hooks is enough', async () => {
      for (const verb of ['get', 'create'] as const)
        expect(await client.allows({ namespace, verb, ...subresource })).toBe(true);
      if (!use().device.capabilities.roles) return;
      const stranger = await clientWithoutRights(use(), namespace);
      const key = { namespace, name: 'busy' };
      const wish = { container: 'app', command: ['true'] };
      expect(await stranger.allows({ namespace, verb: 'create', ...subresource })).toBe(false);
      await expect(stranger.pods.exec(key, wish, { deadlineMs })).rejects.toMatchObject({ status: 403 });
      const { metadata } = parse(readFileSync(role, 'utf8')) as Manifest;
      await use().apply(parse(readFileSync(role, 'utf8')) as Manifest, binding(namespace, metadata.name));
      await use().until('the role is in force', () => stranger.allows({ namespace, verb: 'create', ...subresource }));
      await expect(stranger.pods.exec(key, wish, { deadlineMs })).resolves.toMatchObject({ exitCode: 0 });
    });
  });
}

const binding = (namespace: string, clusterRole: string): Manifest => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { namespace, name: 'hooks' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
  subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
});

/** A client with a token of a ServiceAccount that has no role. */
async function clientWithoutRights({ core, config }: Cluster, namespace: string): Promise<Client> {
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { status } = await core.createNamespacedServiceAccountToken({ namespace, name: 'default', body });
  const directory = mkdtempSync(join(tmpdir(), 'snapfleet-exec-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const kubeconfig = join(directory, 'kubeconfig');
  const user = { name: 'stranger', user: { token: status?.token } };
  const cluster = JSON.parse(config.exportConfig()) as { clusters: { name: string }[] };
  const context = { name: 'device', context: { cluster: cluster.clusters[0]?.name, user: 'stranger' } };
  const content = { clusters: cluster.clusters, users: [user], contexts: [context], 'current-context': 'device' };
  writeFileSync(kubeconfig, JSON.stringify(content));
  return connectToCluster(access, { kubeconfig });
}
