import { execa } from 'execa';
import {
  CommandCompleted,
  SnapshotCompleted,
  SnapshotCreate,
  SnapshotFailed,
  SnapshotReady,
} from '@snapfleet/contracts';
import { beforeAll, expect, test } from 'vitest';
import { buildPrograms, playSnapshots, root, snapfleet } from './programs.js';
import { useScriptedDevice } from './scripted-device.js';

const running = useScriptedDevice();
beforeAll(buildPrograms);

test('creates a restore point, shows each event, and ends when it is ready', async () => {
  const { device } = running;
  playSnapshots(device);
  const { exitCode, stdout, stderr } = await snapfleet(device, 'snapshot', 'create', 'shop/orders');
  expect(stdout).toMatch(/^Restore point [0-9a-f-]{36} is ready\.$/);
  expect(stderr).toMatch(/snapshot\.requested .*no quiesce\n.*snapshot\.ready .*1\.0 GiB, grade app/);
  expect(exitCode).toBe(0);
});

test('waits until the restore point is proven, and prints one document for scripts', async () => {
  const { device } = running;
  playSnapshots(device);
  const ran = await snapfleet(device, 'snapshot', 'create', 'shop/orders', '--until', 'proven', '--json');
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout)).toMatchObject({
    command: 'snapshot.create',
    outcome: 'snapshot.completed',
    event: { data: { outcome: 'proven' } },
  });
});

test('with a key that was used before it waits for the first, and ends as that does', async () => {
  const { client, device } = running;
  const volume = { namespace: 'shop', persistentVolumeClaim: 'orders', idempotencyKey: 'nightly' };
  const first = await client.send(SnapshotCreate, volume);
  const context = { workflowId: first.operationId };
  const failures = ['backup copy: mover_failed'];
  await device.tell(SnapshotCompleted, { ...SnapshotCompleted.example, outcome: 'incomplete', failures }, context);
  device.onCommand(SnapshotCreate, ({ id }) => {
    const { operationId } = first;
    const answer = { command: 'snapshot.create', commandId: id, operationId, note: 'the key was used before' };
    return device.tell(CommandCompleted, answer, context);
  });
  const words = ['snapshot', 'create', 'shop/orders', '--key', 'nightly', '--until', 'proven', '--json'];
  const { exitCode, stdout } = await snapfleet(device, ...words);
  expect(JSON.parse(stdout)).toMatchObject({ restorePointId: first.restorePointId, outcome: 'snapshot.completed' });
  expect(exitCode).toBe(5);
});

test('ends with 5 when the restore point was made but not proven', async () => {
  const { device } = running;
  playSnapshots(device, 'incomplete');
  const ran = await snapfleet(device, 'snapshot', 'create', 'shop/orders', '--until', 'proven');
  expect(ran.exitCode).toBe(5);
  expect(ran.stderr).toContain('Made, but not proven: backup restic: mover_failed');
});

test('ends with 1 when the snapshot failed, with the reason and what to do', async () => {
  const { device } = running;
  device.onCommand(SnapshotCreate, ({ workflowid }) =>
    device.tell(SnapshotFailed, SnapshotFailed.example, { workflowId: workflowid }),
  );
  const people = await snapfleet(device, 'snapshot', 'create', 'shop/orders');
  expect(people.exitCode).toBe(1);
  expect(people.stderr).toContain('Error snapshot_not_ready: ');
  const scripts = await snapfleet(device, 'snapshot', 'create', 'shop/orders', '--json');
  expect(JSON.parse(scripts.stdout)).toMatchObject({
    error: { code: 'snapshot_not_ready' },
    outcome: 'snapshot.failed',
    event: { data: { phase: 'quiesced' } },
  });
});

test('ends with 4 at the deadline, and with 0 when it is not to wait', async () => {
  const { device } = running;
  expect((await snapfleet(device, 'snapshot', 'create', 'shop/orders', '--deadline', '300ms')).exitCode).toBe(4);
  const { exitCode, stdout } = await snapfleet(device, 'snapshot', 'create', 'shop/orders', '--no-wait');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^[0-9a-f-]{36}$/);
});

test('Ctrl-C ends with 130 and says that the operation goes on', async () => {
  const { device } = running;
  const taken = new Promise<void>((resolve) => {
    device.onCommand(SnapshotCreate, () => {
      resolve();
      return Promise.resolve();
    });
  });
  const child = execa(`${root}apps/cli/bin/snapfleet`, ['snapshot', 'create', 'shop/orders'], {
    env: { SNAPFLEET_NATS_URL: device.server.url, SNAPFLEET_DEVICE: 'edge-1' },
    reject: false,
    timeout: 30_000,
  });
  await taken;
  child.kill('SIGINT');
  const { exitCode, stderr } = await child;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('snapfleet snapshot watch');
});

test('watches a restore point from its beginning to its end, also when no service answers', async () => {
  const { client, device } = running;
  playSnapshots(device);
  const handle = await client.send(SnapshotCreate, { namespace: 'shop', persistentVolumeClaim: 'orders' });
  await client.completion(handle, { deadlineMs: 20_000 });
  await device.tell(SnapshotReady, SnapshotReady.example);
  const { exitCode, stdout } = await snapfleet(device, 'snapshot', 'watch', handle.restorePointId, '--json');
  const types = stdout.split('\n').map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types.at(0)).toBe('io.snapfleet.snapshot.requested.v1');
  expect(types.at(-1)).toBe('io.snapfleet.snapshot.completed.v1');
  expect(types).toHaveLength(5);
  expect(exitCode).toBe(0);
});

test('a durable follower gets each event once over several runs', async () => {
  const { device } = running;
  for (let count = 0; count < 3; count += 1) await device.tell(SnapshotReady, SnapshotReady.example);
  const follow = async (count: number): Promise<string[]> => {
    const words = ['events', 'follow', '--durable', 'audit', '--from', '1h', '-n', String(count), '--json'];
    const { stdout } = await snapfleet(device, ...words);
    return stdout.split('\n').map((line) => (JSON.parse(line) as { id: string }).id);
  };
  const ids = [...(await follow(2)), ...(await follow(1))];
  expect(new Set(ids).size).toBe(3);
});

test('dead letters are listed, shown and put back', async () => {
  const { device } = running;
  const subject = 'snap.v1.evt.edge-1.snapshot.ready';
  const reason = { subject, stream: 'EVT', durable: 'backup-worker', sequence: 1, attempts: 6 };
  await device.bury({ ...reason, errorCode: 'mover_failed', errorMessage: 'rsync: \u009b31m' }, '{"id":"x"}');
  expect((await snapfleet(device, 'dead-letters', 'list')).stdout).toContain('mover_failed: rsync: \\x9b31m');
  expect((await snapfleet(device, 'dead-letters', 'show', '1')).stdout).toContain('"id": "x"');
  expect((await snapfleet(device, 'dead-letters', 'put-back', '1')).exitCode).toBe(0);
  expect(JSON.parse((await snapfleet(device, 'dead-letters', 'list', '--json')).stdout)).toEqual({
    deadLetters: [],
  });
  expect((await snapfleet(device, 'dead-letters', 'show', '1')).exitCode).toBe(1);
});

test('says when no service answers', async () => {
  const { exitCode, stderr } = await snapfleet(running.device, 'doctor');
  expect(exitCode).toBe(3);
  expect(stderr).toContain('Error device_unreachable');
});

test('shells complete commands and options', async () => {
  const { device } = running;
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, exitCode } = await snapfleet(device, 'completion', shell);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('snapfleet');
  }
  expect((await snapfleet(device, 'complete', '--', 'snap')).stdout).toContain('snapshot\t');
  expect((await snapfleet(device, 'complete', '--', 'snapshot', 'create', '--un')).stdout).toContain('--until\t');
});

test('bash completes with the script as it is printed', async () => {
  const line = 'snapfleet snapshot cre';
  const script = [
    `snapfleet() { ${root}apps/cli/bin/snapfleet "$@"; }`,
    '_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; }',
    'compopt() { :; }',
    'source <(snapfleet completion bash)',
    `COMP_LINE='${line}' COMP_POINT=${String(line.length)} COMP_WORDS=(${line}) COMP_CWORD=2`,
    '__snapfleet_complete; printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const { stdout } = await execa('bash', ['-c', script.join('\n')]);
  expect(stdout.trim()).toMatch(/^create\b/);
});
