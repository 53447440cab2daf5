import {
  type ConnectionOptions,
  OrphanRecord,
  orphanExample,
  RestorePoint,
  SnapfleetError,
  type SnapfleetClient,
  SnapshotReady,
} from '@snapfleet/client';
import type { Command } from 'commander';
import { beforeEach, expect, test, vi } from 'vitest';
import { createProgram } from './program.js';

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | undefined;
  readonly connectedTo: ConnectionOptions | undefined;
}

const id = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const { claim, snapshot } = SnapshotReady.example;
const point = RestorePoint.parse({
  restorePointId: id,
  namespace: 'shop',
  persistentVolumeClaim: 'orders',
  phase: 'verified-remote',
  consistency: 'app',
  claim,
  snapshot,
  backups: [{ mover: 'copy', state: 'completed' }],
  verifications: [{ level: 'backup', mover: 'copy', state: 'verified' }],
  policy: {},
  requestedAt: '2026-11-23T10:00:00Z',
  reason: 'with \u001b[31mcolour',
});

async function run(words: string, client: Partial<SnapfleetClient> = {}): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  let code: number | undefined;
  let connectedTo: ConnectionOptions | undefined;
  const program = createProgram({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
    connect: (options) => {
      connectedTo = options;
      return Promise.resolve({ close: () => Promise.resolve(), ...client } as SnapfleetClient);
    },
    exit: (given) => {
      code = given;
    },
  });
  await program.parseAsync(words.split(' '), { from: 'user' }).catch((thrown: unknown) => {
    if (!(thrown instanceof Error && 'exitCode' in thrown)) throw thrown;
  });
  return { stdout, stderr, code, connectedTo };
}

beforeEach(() => {
  vi.stubEnv('SNAPFLEET_DEVICE', 'edge-1');
  vi.stubEnv('SNAPFLEET_NATS_URL', 'nats://device:4222');
  vi.stubEnv('SNAPFLEET_NATS_TOKEN', 'secret');
  return () => vi.unstubAllEnvs();
});

test('every command has help with an example', async () => {
  const runtime = { stdout: { write: () => true }, stderr: { write: () => true }, signal: AbortSignal.timeout(1) };
  const program = createProgram({ ...runtime, connect: () => Promise.reject(new Error()), exit: () => undefined });
  const leaves = (command: Command, path: string): string[] =>
    command.commands.length === 0
      ? [path]
      : command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`.trim()));
  for (const path of leaves(program, '').filter((name) => name !== 'complete')) {
    const { stdout, code } = await run(`${path} --help`);
    expect(stdout, path).toContain(`Examples:\n  # `);
    expect(stdout, path).toContain(`\n  `);
    expect(stdout, path).toContain(path);
    expect(code).toBe(0);
  }
});

test('wrong usage ends with 2 and says what is wrong', async () => {
  expect(await run('snapshot create orders')).toMatchObject({ code: 2, connectedTo: undefined });
  expect((await run('snapshot create orders')).stderr).toContain('<namespace>/<PersistentVolumeClaim>');
  expect((await run('snapshot creat shop/orders')).code).toBe(2);
  expect((await run('restore x')).stderr).toContain('--to');
});

test('a token is taken from the environment and from no command line, which others can read', async () => {
  const { code, stderr, connectedTo } = await run('snapshot list --token secret-of-mine');
  expect({ code, connectedTo }).toEqual({ code: 2, connectedTo: undefined });
  expect(stderr).toContain('--token');
  expect(stderr).not.toContain('secret-of-mine');
});

test('address, device and token come from the environment, and options win', async () => {
  const client = { ask: () => Promise.resolve({ restorePoints: [] }) } as unknown as SnapfleetClient;
  expect((await run('snapshot list', client)).connectedTo).toMatchObject({
    servers: 'nats://device:4222',
    device: 'edge-1',
    token: 'secret',
  });
  const words = 'snapshot list --device edge-2 --server tls://other:1 --nkey-file /key --ca-file /ca.pem';
  expect((await run(words, client)).connectedTo).toMatchObject({
    servers: 'tls://other:1',
    device: 'edge-2',
    nkeySeedFile: '/key',
    caFile: '/ca.pem',
  });
});

test('without a device it says how to name one', async () => {
  vi.stubEnv('SNAPFLEET_DEVICE', undefined);
  const { code, stderr } = await run('snapshot list');
  expect(code).toBe(2);
  expect(stderr).toContain('SNAPFLEET_DEVICE');
});

test('restore points are a table for people and one document for scripts', async () => {
  const client = { ask: () => Promise.resolve({ restorePoints: [point] }) } as unknown as SnapfleetClient;
  const { stdout } = await run('snapshot list', client);
  expect(stdout).toContain('ID');
  expect(stdout).toContain(
    `${id}  shop/orders  verified-remote  app    1.0 GiB  copy✓    copy✓   2026-11-23 10:00:00Z`,
  );
  const json = await run('snapshot list --json', client);
  expect(JSON.parse(json.stdout)).toEqual({ restorePoints: [point] });
  expect(json.stderr).toBe('');
});

test('restore points of a claim that was made again since are marked, with what may be done about them', async () => {
  const [uid, formerUid] = ['6f1c7a64-51a1-4b8e-9b6e-1f2c9b1f7a11', '0c5f9d0e-2b53-4d0e-8e0f-9b6e1f2c7a11'];
  const made = { ...point, restorePointId: '11111111-1111-4111-8111-111111111111', claim: { uid } };
  const other = { ...point, restorePointId: '22222222-2222-4222-8222-222222222222', namespace: 'other' };
  const restorePoints = [made, { ...point, claim: { uid: formerUid } }, { ...other, claim: { uid: formerUid } }];
  const client = { ask: () => Promise.resolve({ restorePoints }) } as unknown as SnapfleetClient;
  const { stdout, stderr } = await run('snapshot list', client);
  expect(stdout.match(/\(former\)/g)).toHaveLength(1);
  expect(stdout).toContain(`${id}  shop/orders (former)`);
  expect(stderr).toContain('--allow-last-good-copy');
  expect((await run('snapshot list --json', client)).stderr).toBe('');
});

test('text from outside cannot act on the terminal', async () => {
  const client = { ask: () => Promise.resolve({ restorePoint: point }) } as unknown as SnapfleetClient;
  const { stdout } = await run(`snapshot show ${id}`, client);
  expect(stdout).toContain('with \\x1b[31mcolour');
  expect(stdout).not.toContain('\u001b');
});

test('the beginning of an id is enough where it fits one restore point', async () => {
  const asked: unknown[] = [];
  const client = {
    ask: (definition: { name: string }, data: unknown) => {
      asked.push(data);
      return Promise.resolve(
        definition.name === 'snapshot.list' ? { restorePoints: [point] } : { restorePoint: point },
      );
    },
  } as unknown as SnapfleetClient;
  await run('snapshot show 5b0a', client);
  expect(asked[1]).toEqual({ restorePointId: id });
  expect((await run('snapshot show ffff', client)).code).toBe(1);
  expect((await run('snapshot show zz', client)).code).toBe(2);
});

test.each([
  ['device_unreachable', 3],
  ['access_denied', 3],
  ['server_not_trusted', 3],
  ['deadline_exceeded', 4],
  ['invalid_message', 2],
  ['snapshot_not_found', 1],
] as const)('the error %s is shown with its remedy and ends with %d', async (code, exitCode) => {
  const error = new SnapfleetError(code, 'what happened');
  const client = { ask: () => Promise.reject(error) } as unknown as SnapfleetClient;
  const people = await run('snapshot list', client);
  expect(people.code).toBe(exitCode);
  expect(people.stderr).toContain(`Error ${code}: what happened`);
  expect(people.stderr).toContain(`What to do: ${error.remedy}`);
  const scripts = await run('snapshot list --json', client);
  expect(JSON.parse(scripts.stdout)).toEqual({ error: error.toDetail() });
  expect(scripts.code).toBe(exitCode);
});

test('doctor fails when a check fails, and says what to do', async () => {
  const error = new SnapfleetError('pvc_not_found', 'shop/orders does not exist').toDetail();
  const checks = [
    { check: 'orchestrator', passed: true, note: '' },
    { check: 'claim', passed: false, note: '', error },
  ];
  const client = { ask: () => Promise.resolve({ checks }) } as unknown as SnapfleetClient;
  const { stdout, code } = await run('doctor shop/orders', client);
  expect(code).toBe(1);
  expect(stdout).toContain('✓ orchestrator');
  expect(stdout).toContain(`What to do: ${error.remedy}`);
});

test('orphans are a table with what may become of them, and are explained on request', async () => {
  const seen = { firstSeen: '2026-11-23T10:00:00Z', lastSeen: '2026-11-23T12:00:00Z', scans: 3 };
  const quarantine = { quarantinedSince: '2026-11-23T11:00:00Z', quarantinedSeconds: 3600, quarantineOver: true };
  const orphan = OrphanRecord.parse({ ...orphanExample, ...seen, ...quarantine });
  const asked: unknown[] = [];
  const client = {
    ask: (_definition: unknown, data: unknown) => {
      asked.push(data);
      return Promise.resolve({ scannedAt: seen.lastSeen, orphans: [orphan], total: 2 });
    },
  } as unknown as SnapfleetClient;
  const { stdout, stderr } = await run('orphans list --scan --owner ours', client);
  expect(asked).toEqual([{ scan: true, owner: 'ours' }]);
  expect(stdout).toContain('b7c1f3a2');
  expect(stdout).toMatch(/volume-snapshot-content +snapcontent-\S+ +ours +1\.0 GiB +may be purged +the restore point/);
  expect(stderr).toContain('1 more are not shown');
  const explained = await run('orphans list --explain', client);
  expect(explained.stdout).toContain(`- ${orphan.evidence[0] ?? ''}`);
  expect(explained.stdout).toContain(orphan.purgeNote);
  const json = await run('orphans list --json', client);
  expect(JSON.parse(json.stdout)).toMatchObject({ orphans: [orphan], total: 2 });
});

test('a purge without an orphan sends nothing', async () => {
  const client = { ask: () => Promise.resolve({ orphans: [], total: 0 }) } as unknown as SnapfleetClient;
  expect((await run('orphans purge', client)).code).toBe(2);
  expect((await run('orphans purge b7c1f3a2', client)).code).toBe(1);
  expect(await run('orphans purge --all', client)).toMatchObject({ code: 0 });
});
