/** The services that touch no volumes, by their systemd units in a guest; the others are in units-suite.ts. */
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forwardPort } from '../support/real-device/ports.js';
import { UndoStack } from '../support/real-device/undo-stack.js';
import type { RunningService, ServiceName } from '../support/services.js';
import { startSimulatedDevice } from '../support/simulated-device.js';
import { GuestSystemd } from '../support/systemd/guest-systemd.js';
import { bootGuest, type Guest } from '../support/uml/guest.js';
import { waitUntil } from '../support/wait-until.js';

const device = 'edge-1';
const configProgram = fileURLToPath(new URL('../../tools/nats-config.ts', import.meta.url));
const blockVolumes = fileURLToPath(new URL('../../deploy/systemd/block-volumes.conf', import.meta.url));
const deadlineMs = 120_000;
const undo = new UndoStack();
let systemd: GuestSystemd;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'snapfleet-units-'));
  undo.push(() => {
    rmSync(directory, { recursive: true });
  });
  const guest = await bootGuest({ memory: '1G', diskSize: '1G' });
  undo.push(() => guest.stop());
  await guest.run('mkfs.xfs', ['-q', '/dev/ubdb'], { deadlineMs });
  systemd = await GuestSystemd.start(guest, { stateDevice: '/dev/ubdb', workDirectory: directory });
  await configureNats();
  await configureKubernetes(guest);
});

afterAll(() => undo.unwind());

async function configureNats(): Promise<void> {
  const place = ['--listen', '127.0.0.1:4222', '--store', '/var/lib/snapfleet/nats'];
  const words = [configProgram, '--device', device, '--out', join(directory, 'nats'), ...place];
  await execa(process.execPath, words, { timeout: deadlineMs, stdin: 'ignore' });
  const made = (name: string): string => readFileSync(join(directory, 'nats', name), 'utf8');
  systemd.configure('nats.conf', made('nats.conf'));
  systemd.configure('keys/backup-worker.nk', made('keys/backup-worker.nk'), 0o600);
}

/** The API server of an embedded device on this machine. */
async function configureKubernetes(guest: Guest): Promise<void> {
  const simulated = await startSimulatedDevice();
  undo.push(() => simulated.stop());
  const text = await simulated.kubeconfigOf();
  const address = /127\.0\.0\.1:(\d+)/.exec(text);
  const forwarded = await forwardPort(guest.hostAddress, Number(address?.[1]));
  undo.push(() => forwarded.close());
  const reachable = text.replace(address?.[0] ?? '', `${guest.hostAddress}:${String(forwarded.port)}`);
  writeFileSync(join(directory, 'kubeconfig'), reachable);
}

function start(name: ServiceName, more: Readonly<Record<string, string>> = {}): Promise<RunningService> {
  return systemd.place(join(directory, 'logs')).start(name, {
    SNAPFLEET_DEVICE: device,
    ...(name === 'workload-guard'
      ? {}
      : { SNAPFLEET_NATS_NKEY_SEED_FILE: join(directory, 'nats', 'keys', `${name}.nk`) }),
    ...more,
  });
}

async function isReady({ httpPort }: RunningService): Promise<boolean> {
  const request = `exec 3<>/dev/tcp/127.0.0.1/${String(httpPort)}; printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  return (await systemd.run('bash', ['-c', request])).stdout.startsWith('HTTP/1.1 200');
}

test('nats-server, orchestrator, cluster operator and workload guard serve under their units', async () => {
  await systemd.startNatsServer();
  const services = await Promise.all([
    start('orchestrator'),
    start('cluster-operator', { SNAPFLEET_KUBECONFIG: join(directory, 'kubeconfig') }),
    start('workload-guard', { SNAPFLEET_KUBECONFIG: join(directory, 'kubeconfig') }),
  ]);
  for (const service of services) {
    await waitUntil(`${service.name} is ready`, () => isReady(service), { deadlineMs, pauseMs: 500 });
  }
  const properties = ['--property=Restart', '--property=NRestarts', '--value'];
  for (const name of ['nats', 'orchestrator', 'cluster-operator', 'workload-guard']) {
    const shown = await systemd.systemctl('show', ...properties, `snapfleet-${name}`);
    expect({ name, shown: shown.trim().split('\n') }).toEqual({ name, shown: ['always', '0'] });
  }
});

test('one that touches no volumes has no right beyond its own files', async () => {
  const tries = [
    ['reads its key', 'grep ^SU $CREDENTIALS_DIRECTORY/nkey'],
    ['writes its journal', 'touch /var/lib/snapfleet/orchestrator/x'],
    ['reads keys of others', 'cat /etc/snapfleet/keys/host-lvm.nk'],
    ['reads credentials of others', 'cat /run/credentials/snapfleet-cluster-operator.service/*'],
    ['reads what NATS keeps', 'ls /var/lib/snapfleet/nats'],
    ['reads backups', 'ls /var/lib/snapfleet/backups'],
    ['writes elsewhere', 'touch /var/lib/x || touch /usr/x || touch /etc/snapfleet/x'],
    ['sees other processes', 'test -e /proc/1'],
    ['sees devices', 'test -e /dev/ubdb || test -e /dev/mapper'],
    ['becomes another user', 'setpriv --reuid 0 true || setpriv --reuid 64738 true'],
    ['mounts', 'mount -t tmpfs none /tmp'],
    ['makes a namespace', 'unshare --user true || unshare --mount true'],
    ['makes a setuid file', 'cp /bin/true /tmp/t && chmod 4755 /tmp/t'],
  ];
  const script = tries.map(([name, command]) => `{ ${command}; } > /dev/null 2>&1 && echo '${name}'`).join('\n');
  const written = await systemd.probe(
    'orchestrator',
    `${script}\ngrep -E '^(CapEff|CapBnd|NoNewPrivs):' /proc/self/status`,
  );
  expect(written.trim().split('\n')).toEqual([
    'reads its key',
    'writes its journal',
    'CapEff:\t0000000000000000',
    'CapBnd:\t0000000000000000',
    'NoNewPrivs:\t1',
  ]);
});

test('of those that speak to NATS only the cluster operator reaches the socket of the workload guard', async () => {
  const path = '/run/snapfleet/workload-guard/guard.sock';
  const connect = `/usr/bin/node -e 'require("net").connect("${path}", () => process.exit(0)).on("error", () => process.exit(1))'`;
  const script = `${connect} && echo connected; true`;
  expect(await systemd.probe('cluster-operator', script)).toBe('connected\n');
  expect(await systemd.probe('orchestrator', script)).toBe('');
});

test('only with block-volumes.conf a reader opens the logical volumes of the host', async () => {
  await systemd.run('dmsetup', ['create', 'volume', '--table', '0 8 error']);
  const open = '{ exec 3< /dev/mapper/volume; } 2> /dev/null && echo open; true';
  expect(await systemd.probe('backup-worker', open)).toBe('');
  await systemd.dropIn('snapfleet-probe.service', 'block-volumes', readFileSync(blockVolumes, 'utf8'));
  expect(await systemd.probe('backup-worker', open)).toBe('open\n');
});
