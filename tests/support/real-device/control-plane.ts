import { execa } from 'execa';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverPrograms } from '../servers.js';
import { waitUntil } from '../wait-until.js';
import { appNamespace } from './app-access.js';
import { ClusterClient } from './cluster-client.js';
import { customResourceDefinitions } from './custom-resources.js';
import { classObjects, nodeObjects, nodeWithoutTaints } from './device-objects.js';
import { writeKubeconfig } from './kubeconfig.js';
import { freePorts } from './ports.js';
import { startServer, type ServerProcess } from './server-process.js';
import type { UndoStack } from './undo-stack.js';

const readyDeadlineMs = 120_000;
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: [`system:serviceaccounts:${appNamespace}`] }, { level: 'None' }],
};

/** A running control plane with TopoLVM's controller, without a node. */
export interface ControlPlane {
  readonly kubeconfigPath: string;
  readonly apiServerPort: number;
  readonly certificatePath: string;
  readonly token: string;
  readonly cluster: ClusterClient;
  /** Where the authority is by which API server and node stand-in know each other. */
  readonly nodeAuthority: string;
  /** One JSON line for each request of a ServiceAccount of ours, as soon as it is answered. */
  readonly auditLogPath: string;
  /** The folder of the programs, TopoLVM's and the node stand-in among them. */
  readonly programs: string;
  /** The servers by their names, such as `snapshot-controller`. */
  readonly servers: ReadonlyMap<string, ServerProcess>;
  /** Rejects when one of the servers ends by itself. */
  readonly failed: Promise<never>;
}

interface Site {
  readonly directory: string;
  readonly programs: string;
  readonly start: (name: string, args: readonly string[], environment?: Readonly<Record<string, string>>) => void;
  readonly servers: ReadonlyMap<string, ServerProcess>;
  readonly failed: Promise<never>;
}

/**
 * Start etcd, the Kubernetes control plane, the snapshot and CSI controllers and TopoLVM's controller, all on free ports of
 * 127.0.0.1, with their files and logs in `directory`. What has to be stopped is pushed onto `undo`.
 */
export async function startControlPlane(directory: string, undo: UndoStack): Promise<ControlPlane> {
  const definitions = customResourceDefinitions();
  definitions.catch(() => undefined);
  const programs = await serverPrograms(
    'etcd',
    'kubernetes',
    'external-snapshotter',
    'external-provisioner',
    'external-resizer',
    'topolvm',
    'node-stand-in',
  );
  const site = openSite(directory, programs, undo);
  const nodeAuthority = join(directory, 'node-authority');
  mkdirSync(nodeAuthority, { recursive: true, mode: 0o700 });
  await execa(join(programs, 'node-stand-in'), ['make-authority', nodeAuthority], { stdin: 'ignore', timeout: 30_000 });
  const api = await startApiServer(site, nodeAuthority);
  const cluster = new ClusterClient({ ...api, port: api.apiServerPort });
  undo.push(() => {
    cluster.close();
  });
  await Promise.race([site.failed, until('the API server is ready', () => cluster.isReady())]);
  startKubernetesControllers(site, api.kubeconfigPath, api.keyPath);
  await Promise.race([site.failed, createObjects(cluster, await definitions)]);
  await startStorageControllers(site, api.kubeconfigPath);
  return { ...api, cluster, nodeAuthority, programs, servers: site.servers, failed: site.failed };
}

function openSite(directory: string, programs: string, undo: UndoStack): Site {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const servers = new Map<string, ServerProcess>();
  return {
    directory,
    programs,
    servers,
    failed: failed.promise,
    start: (name, args, environment) => {
      const server = startServer({ directory, name, program: join(programs, name), args, environment });
      servers.set(name, server);
      undo.push(() => server.stop());
      server.failed.catch(failed.reject);
    },
  };
}

async function startApiServer(
  site: Site,
  nodeAuthority: string,
): Promise<
  Pick<ControlPlane, 'kubeconfigPath' | 'apiServerPort' | 'certificatePath' | 'token' | 'auditLogPath'> & {
    keyPath: string;
  }
> {
  const { directory } = site;
  const [etcdPort = 0, peerPort = 0, apiServerPort = 0] = await freePorts(3);
  const etcd = `http://127.0.0.1:${String(etcdPort)}`;
  const peer = `http://127.0.0.1:${String(peerPort)}`;
  site.start('etcd', [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
  ]);
  const certificates = join(directory, 'apiserver');
  const keyPath = join(certificates, 'service-account.key');
  const tokensPath = join(certificates, 'tokens.csv');
  const token = randomBytes(24).toString('hex');
  mkdirSync(certificates, { recursive: true, mode: 0o700 });
  const auditPolicyPath = join(certificates, 'audit-policy.json');
  const auditLogPath = join(certificates, 'audit.log');
  writeFileSync(auditPolicyPath, JSON.stringify(auditPolicy));
  writeFileSync(keyPath, newPrivateKey(), { mode: 0o600 });
  writeFileSync(tokensPath, `${token},administrator,1,system:masters\n`, { mode: 0o600 });
  site.start('kube-apiserver', [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${String(apiServerPort)}`,
    `--cert-dir=${certificates}`,
    '--endpoint-reconciler-type=none',
    `--service-account-key-file=${keyPath}`,
    `--service-account-signing-key-file=${keyPath}`,
    '--service-account-issuer=https://device.snapfleet.test',
    '--service-cluster-ip-range=10.96.0.0/24',
    `--token-auth-file=${tokensPath}`,
    '--authorization-mode=RBAC',
    `--audit-policy-file=${auditPolicyPath}`,
    `--audit-log-path=${auditLogPath}`,
    '--allow-privileged',
    `--kubelet-certificate-authority=${join(nodeAuthority, 'ca.crt')}`,
    `--kubelet-client-certificate=${join(nodeAuthority, 'client.crt')}`,
    `--kubelet-client-key=${join(nodeAuthority, 'client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
  ]);
  const kubeconfigPath = join(directory, 'kubeconfig.json');
  const certificatePath = join(certificates, 'apiserver.crt');
  await Promise.race([site.failed, until('the API server has its certificate', () => isCertificate(certificatePath))]);
  writeKubeconfig(kubeconfigPath, { url: `https://127.0.0.1:${String(apiServerPort)}`, certificatePath, token });
  return { kubeconfigPath, apiServerPort, certificatePath, token, auditLogPath, keyPath };
}

function startKubernetesControllers(site: Site, kubeconfigPath: string, keyPath: string): void {
  site.start('kube-controller-manager', [
    `--kubeconfig=${kubeconfigPath}`,
    // The Node has no kubelet that renews its lease.
    '--controllers=*,-node-lifecycle-controller',
    `--service-account-private-key-file=${keyPath}`,
    '--use-service-account-credentials=false',
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  site.start('kube-scheduler', [`--kubeconfig=${kubeconfigPath}`, '--leader-elect=false', '--secure-port=0']);
}

async function startStorageControllers(site: Site, kubeconfigPath: string): Promise<void> {
  const [metricsPort = 0, probePort = 0] = await freePorts(2);
  const socket = join(site.directory, 'csi.sock');
  site.start('snapshot-controller', [`--kubeconfig=${kubeconfigPath}`, '--feature-gates=CSIVolumeGroupSnapshot=false']);
  site.start(
    'topolvm-controller',
    [
      `--csi-socket=${socket}`,
      '--enable-webhooks=false',
      '--leader-election=false',
      `--metrics-bind-address=127.0.0.1:${String(metricsPort)}`,
      `--health-probe-bind-address=127.0.0.1:${String(probePort)}`,
    ],
    { KUBECONFIG: kubeconfigPath },
  );
  const sidecar = [`--kubeconfig=${kubeconfigPath}`, `--csi-address=${socket}`, '--timeout=1m'];
  site.start('csi-provisioner', [...sidecar, '--feature-gates=Topology=true']);
  site.start('csi-snapshotter', [...sidecar, '--feature-gates=CSIVolumeGroupSnapshot=false']);
  site.start('csi-resizer', [...sidecar, '--handle-volume-inuse-error=false']);
}

async function createObjects(
  cluster: ClusterClient,
  definitions: Awaited<ReturnType<typeof customResourceDefinitions>>,
): Promise<void> {
  await Promise.all([...nodeObjects(new Date()), ...definitions].map((object) => cluster.apply([object])));
  await cluster.apply([nodeWithoutTaints]);
  const served = (kind: string): Promise<true> =>
    until(`${kind} is served`, () => cluster.serves('snapshot.storage.k8s.io/v1', kind));
  await Promise.all(['VolumeSnapshotClass', 'VolumeSnapshotContent', 'VolumeSnapshot'].map(served));
  await until('LogicalVolume is served', () => cluster.serves('topolvm.io/v1', 'LogicalVolume'));
  await cluster.apply(classObjects);
}

/** The API server makes the file first and fills it then. */
function isCertificate(path: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8').trimEnd().endsWith('-----END CERTIFICATE-----');
}

function until(what: string, condition: () => boolean | Promise<boolean>): Promise<true> {
  return waitUntil(what, condition, { deadlineMs: readyDeadlineMs, pauseMs: 100 });
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}
