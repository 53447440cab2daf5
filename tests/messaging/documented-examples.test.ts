import { readFile } from 'node:fs/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import {
  type CommandDefinition,
  flow,
  parseMessage,
  type QueryDefinition,
  SnapshotDeleted,
  SnapshotReady,
  subjectFor,
} from '@snapfleet/contracts';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { dirname } from 'node:path';
import { serverPrograms } from '../support/servers.js';
import { waitUntil } from '../support/wait-until.js';
import { buildPrograms, playSnapshots, root, runProgram } from './programs.js';
import { device as deviceId, useScriptedDevice } from './scripted-device.js';

const running = useScriptedDevice();
const reference = await readFile(`${root}docs/reference/messages.md`, 'utf8');
beforeAll(buildPrograms);

/** The shell example of a message, as the reference shows it. */
function shellExample(name: string): string {
  const section = reference.split(/^### /m).find((text) => text.startsWith(`${name}\n`));
  const script = /^```sh\n([^]*?)\n```$/m.exec(section ?? '')?.[1];
  if (script === undefined) throw new Error(`the reference has no shell example of ${name}`);
  return script;
}

const commands = flow.filter((message): message is CommandDefinition => message.kind === 'command');
const queries = flow.filter((message): message is QueryDefinition => message.kind === 'query');

test.each(commands.map((definition) => [definition.name, definition] as const))(
  'the example of %s in the reference, pasted twice, stores two commands that follow the contract',
  async (name, definition) => {
    const { device } = running;
    for (const _ of [1, 2]) expect((await runProgram(device, 'bash', '-c', shellExample(name))).exitCode).toBe(0);
    const manager = await jetstreamManager(device.connection);
    for (const seq of [1, 2]) {
      const stored = await manager.streams.getMessage('CMD', { seq });
      if (stored === null) throw new Error(`there is no message ${String(seq)}`);
      const message = parseMessage(definition, stored.data, stored.subject);
      expect(message.data).toEqual(definition.data.parse(definition.example));
      expect(stored.header.get('Nats-Msg-Id')).toBe(message.id);
    }
  },
);

test.each(queries.map((definition) => [definition.name, definition] as const))(
  'the example of %s in the reference is a question that follows the contract, and shows its answer',
  async (name, definition) => {
    const { device } = running;
    const subject = subjectFor(definition, deviceId);
    device.connection.subscribe(subject, {
      callback: (_error, message) => {
        const { data } = parseMessage(definition, message.data, subject);
        message.respond(JSON.stringify({ ok: true, result: data }));
      },
    });
    await device.connection.flush();
    const { stdout } = await runProgram(device, 'bash', '-c', shellExample(name));
    expect(JSON.parse(stdout)).toEqual({ ok: true, result: definition.data.parse(definition.example) });
  },
);

test('example 1 sends a command and waits until it is proven', async () => {
  playSnapshots(running.device);
  const { stdout, exitCode } = await runProgram(
    running.device,
    process.execPath,
    'examples/01-publish-a-command/publish.ts',
    'shop',
    'orders',
  );
  expect(stdout).toMatch(/^sent: restore point .*\n.* snapshot\.requested\n[^]*snapshot\.completed\nproven$/);
  expect(exitCode).toBe(0);
});

test('example 1 shows the code and the remedy of a command that cannot be', async () => {
  const words = ['examples/01-publish-a-command/publish.ts', 'Shop', 'orders'] as const;
  const { stderr, exitCode } = await runProgram(running.device, process.execPath, ...words);
  expect(stderr).toContain('invalid_message: data.namespace');
  expect(exitCode).toBe(1);
});

test('example 2 goes on where it stopped', async () => {
  const { device } = running;
  await device.tell(SnapshotReady, SnapshotReady.example);
  const programs = await serverPrograms('nats');
  const follow = async (line: RegExp): Promise<string> => {
    const child = execa(process.execPath, ['examples/02-follow-events/follow.ts'], {
      cwd: root,
      timeout: 30_000,
      env: {
        SNAPFLEET_NATS_URL: device.server.url,
        SNAPFLEET_DEVICE: deviceId,
        PATH: `${dirname(programs)}:${process.env['PATH'] ?? ''}`,
      },
    });
    for await (const text of child) {
      if (line.test(text)) child.kill('SIGINT');
    }
    return (await child).stdout;
  };
  expect(await follow(/: ready/)).toMatch(/^shop\/orders [0-9a-f-]{36}: ready, 1073741824 bytes$/);
  await device.tell(SnapshotDeleted, SnapshotDeleted.example);
  expect(await follow(/: deleted/)).toMatch(/^shop\/orders [0-9a-f-]{36}: deleted by command$/);
});

test.each([
  ['proven', 0],
  ['incomplete', 1],
] as const)('example 3 does it with the nats program: %s ends with %d', async (outcome, code) => {
  const { device } = running;
  playSnapshots(device, outcome);
  const { stdout, exitCode } = await runProgram(device, 'examples/03-nats-cli/snapshot.sh', 'shop', 'orders');
  const names = stdout.split('\n').map((line) => line.split(' ')[1]);
  expect(names).toEqual([
    'snapshot.requested',
    'snapshot.ready',
    'backup.progress',
    'backup.completed',
    'snapshot.completed',
  ]);
  expect(exitCode).toBe(code);
  await waitUntil('its follower is gone', async () => {
    const manager = await jetstreamManager(device.connection);
    return (await manager.streams.info('CMD')).state.messages === 1;
  });
});
