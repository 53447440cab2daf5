import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkloadQuiesce, WorkloadResume, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, JetStreamServer, type Delivery, type JetStreamServerOptions } from '@snapfleet/messaging';
import { afterEach, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const deadlineMs = 10_000;
const party = 'cluster-operator';
let begun = 0;
let aborted = 0;
let transport: JetStreamServer | undefined;

@Controller()
class WorkloadController {
  /** Waits for what does not come, as a step that hangs does. */
  @AgentCommandHandler(WorkloadQuiesce)
  quiesce(
    _message: MessageOf<DataOf<typeof WorkloadQuiesce>>,
    { signal }: Delivery,
  ): Promise<ReplyOf<typeof WorkloadQuiesce>> {
    begun += 1;
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted += 1;
        reject(new Error('aborted'));
      });
    });
  }

  @AgentCommandHandler(WorkloadResume)
  resume(): Promise<ReplyOf<typeof WorkloadResume>> {
    return Promise.resolve({ resumedAt: '2026-11-23T12:00:00Z' });
  }
}

@Module({ controllers: [WorkloadController] })
class ClusterModule {}

afterEach(async () => {
  await transport?.close();
  begun = 0;
  aborted = 0;
});

async function startCluster(adjustments: Partial<JetStreamServerOptions>): Promise<JetStreamServer> {
  const { url: servers, token } = device.server;
  const times = { finishMs: 50, drainDeadlineMs: 2_000 };
  const created = new JetStreamServer({ party, device: deviceId, servers, token, ...times, ...adjustments });
  transport = created;
  const app = await NestFactory.createMicroservice(ClusterModule, { strategy: created, logger: false });
  await app.listen();
  await waitUntil('commands are taken', () => created.health().ready);
  return created;
}

test('serves an urgent command while more handlers hang than may work at a time', async () => {
  await startCluster({ concurrency: 2, urgent: [WorkloadResume] });
  const caller = await device.start('orchestrator');
  for (let index = 0; index < 5; index += 1) await device.client.publish(WorkloadQuiesce, WorkloadQuiesce.example);
  await waitUntil('the bound is reached', () => begun === 2);
  const call = caller.commands.call(WorkloadResume, WorkloadResume.example, { deadlineMs });
  await expect(call).resolves.toEqual({ resumedAt: '2026-11-23T12:00:00Z' });
  expect(begun).toBe(2);
});

test('gives back at its close what still waits for its turn, without having begun it', async () => {
  const created = await startCluster({ concurrency: 1, urgent: [WorkloadResume] });
  for (let index = 0; index < 3; index += 1) await device.client.publish(WorkloadQuiesce, WorkloadQuiesce.example);
  await waitUntil('all have come', async () => (await device.client.consumer('AGENT', party)).num_ack_pending === 3);
  await waitUntil('one has begun', () => begun === 1);
  await created.close();
  expect([begun, aborted]).toEqual([1, 1]);
  await startCluster({ concurrency: 3, urgent: [WorkloadResume] });
  await waitUntil('the next process has them all', () => begun === 4);
});
