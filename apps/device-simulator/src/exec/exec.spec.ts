import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectToCluster, type ClusterAccess, type ClusterOf, type ExecResult } from '@snapfleet/kubernetes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EmbeddedDevice } from '../embedded-device.js';
import { types } from '../store/resource-types.js';

const unexpected: unknown[] = [];
let directory: string;
let device: EmbeddedDevice;
const access = { pods: { waitForAll: 'that it runs', exec: 'what is tested' } } as const satisfies ClusterAccess;
let cluster: ClusterOf<typeof access>;
let volume: string;
let pod: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-exec-'));
  const onUnexpected = (...what: unknown[]): unknown => unexpected.push(what);
  device = new EmbeddedDevice({ stateDirectory: join(directory, 'state'), onUnexpected });
  await device.start();
  device.seedDemo();
  cluster = connectToCluster(access, { kubeconfig: device.kubeconfigPath });
  pod = await cluster.pods.waitForAll(
    { namespace: 'demo' },
    (pods) => pods.find(({ status }) => status?.phase === 'Running')?.metadata.name,
    { deadlineMs: 20_000 },
  );
  const [stored] = device.objects.list(types.volumes);
  volume = device.pool.find(stored?.spec.csi?.volumeHandle ?? '')?.path ?? '';
});

afterAll(async () => {
  await device.stop();
  await rm(directory, { recursive: true, force: true });
});

const run = (...command: string[]): Promise<ExecResult> =>
  cluster.pods.exec({ namespace: 'demo', name: pod }, { container: 'notes', command }, { deadlineMs: 20_000 });

test('a program plays what it is called after, on the files of the volume', async () => {
  expect(await run('touch', '/data/one', '/data/two')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  expect(await readdir(volume)).toEqual(expect.arrayContaining(['one', 'two']) as string[]);
  expect(await run('rm', '/data/one', '/data/two')).toMatchObject({ exitCode: 0 });
  expect(await run('rm', '/data/one')).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'rm: /data/one: No such file or directory\n',
  });
  expect(await run('rm', '-f', '/data/one')).toMatchObject({ exitCode: 0 });
  await writeFile(join(volume, 'note'), 'x'.repeat(100_000) + 'end');
  expect((await run('cat', '/data/note')).stdout).toMatch(/^x{8189}end$/);
  expect(await run('echo', 'a', 'b')).toMatchObject({ exitCode: 0, stdout: 'a b\n' });
  expect(await run('false')).toMatchObject({ exitCode: 1 });
  expect(await run('sleep', 'long')).toMatchObject({ exitCode: 1 });
  expect(await run('sleep', '0.01')).toMatchObject({ exitCode: 0 });
});

test('nothing outside of the volumes can be reached, by no path and by no link', async () => {
  await mkdir(join(directory, 'outside'));
  await writeFile(join(directory, 'outside', 'secret'), 'secret');
  await symlink(join(directory, 'outside'), join(volume, 'folder-link'));
  await symlink(join(directory, 'outside', 'secret'), join(volume, 'file-link'));
  const paths = [
    '/etc/hostname',
    '/data/../etc/hostname',
    '/data/../../outside/secret',
    '/data/folder-link/secret',
    '/data/file-link',
    '/database',
  ];
  for (const path of paths) {
    expect(await run('cat', path)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await run('touch', path)).toMatchObject({ exitCode: 1 });
  }
  await run('rm', '/data/folder-link/secret');
  expect(await readdir(join(directory, 'outside'))).toEqual(['secret']);
});

test('what it does not play it refuses, and says what it plays', async () => {
  await expect(run('sh', '-c', 'true')).rejects.toMatchObject({
    reason: 'InternalError',
    message: expect.stringMatching(/runs no programs, it only plays true, false, echo/) as string,
  });
});

test('without the token nobody runs anything', async () => {
  const text = await readFile(device.kubeconfigPath, 'utf8');
  const path = join(directory, 'wrong');
  await writeFile(path, text.replace(/"token": "[^"]+"/, '"token": "wrong"'));
  const stranger = connectToCluster(access, { kubeconfig: path });
  const wish = { container: 'notes', command: ['true'] };
  const key = { namespace: 'demo', name: pod };
  await expect(stranger.pods.exec(key, wish, { deadlineMs: 20_000 })).rejects.toMatchObject({ status: 401 });
});

test('a connection that ends leaves no program and no surprise', async () => {
  const wish = { container: 'notes', command: ['sleep', '600'] };
  const late = cluster.pods.exec({ namespace: 'demo', name: pod }, wish, { deadlineMs: 200 });
  await expect(late).rejects.toThrow('did not end within 0.2 s');
  expect(await run('true')).toMatchObject({ exitCode: 0 });
  expect(unexpected).toEqual([]);
});
