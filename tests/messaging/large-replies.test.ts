import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClaimPreflight,
  createMessage,
  encodeMessage,
  RestorePoint,
  SnapfleetError,
  SnapshotList,
  SnapshotReady,
  subjectFor,
  type ReplyOf,
} from '@snapfleet/contracts';
import { AgentCommandHandler, JetStreamServer } from '@snapfleet/messaging';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const error = new SnapfleetError('internal', 'x'.repeat(4096)).toDetail();
/** With errors of 4 KiB each, more than the 1 MiB of a message. */
const tooMany = 300;
const sizeTold = {
  code: 'internal',
  retryable: false,
  message: expect.stringMatching(/the reply has \d{7} bytes, .* 1048576 at most/) as string,
};

test('answers a query whose reply no message can hold with its size, and goes on', async () => {
  const { restorePointId, namespace, persistentVolumeClaim } = SnapshotReady.data.parse(SnapshotReady.example);
  const point = RestorePoint.parse({
    ...{ restorePointId, namespace, persistentVolumeClaim, phase: 'failed', backups: [], verifications: [], error },
    policy: { quiesce: { level: 'none' } },
    requestedAt: '2026-11-23T12:00:00Z',
  });
  await device.start('orchestrator', { list: () => Promise.resolve({ restorePoints: Array(tooMany).fill(point) }) });
  const question = encodeMessage(createMessage(SnapshotList, {}, { device: deviceId, publisher: 'test' }));
  for (let times = 0; times < 2; times += 1) {
    const subject = subjectFor(SnapshotList, deviceId);
    const answer = await device.client.connection.request(subject, question, { timeout: 5_000 });
    expect(answer.json()).toMatchObject({ ok: false, error: sizeTold });
  }
});

@Controller()
class ClaimController {
  @AgentCommandHandler(ClaimPreflight)
  preflight(): Promise<ReplyOf<typeof ClaimPreflight>> {
    return Promise.resolve({ passed: false, findings: Array<typeof error>(tooMany).fill(error) });
  }
}

@Module({ controllers: [ClaimController] })
class ClusterModule {}

test('answers a command whose reply no message can hold with its size, once', async () => {
  const { url: servers, token } = device.server;
  const transport = new JetStreamServer({ party: 'cluster-operator', device: deviceId, servers, token });
  const app = await NestFactory.createMicroservice(ClusterModule, { strategy: transport, logger: false });
  await app.listen();
  await waitUntil('commands are taken', () => transport.health().ready);
  const caller = await device.start('orchestrator');
  const call = caller.commands.call(ClaimPreflight, ClaimPreflight.example, { deadlineMs: 10_000 });
  await expect(call).rejects.toMatchObject(sizeTold);
  await waitUntil('the command is acknowledged', async () => (await device.client.messagesIn('AGENT')) === 0);
  await transport.close();
});
