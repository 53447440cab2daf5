import {
  connectToDevice,
  type SnapfleetClient,
  type SnapfleetEvent,
  SnapshotShow,
  RestorePointId,
} from '@snapfleet/client';
import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claim, deployment, namespaceObject } from '../quickstart/demo-objects.js';
import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { serverPrograms } from '../support/servers.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';

const reference = readFileSync(new URL('../../docs/reference/messages.md', import.meta.url), 'utf8');
const deadlineMs = 180_000;

/** The shell text with which the message reference shows how to publish a message, as it stands there. */
function snippetFor(message: string): string {
  const section = reference.split(`\n### ${message}\n`)[1]?.split('\n### ')[0] ?? '';
  const snippet = /```sh\n([\s\S]*?)```/.exec(section)?.[1];
  if (snippet === undefined) throw new Error(`the reference shows no shell text for ${message}`);
  return snippet;
}

describe('somebody who has read only the reference', () => {
  let snapfleet: SnapfleetDevice;
  let client: SnapfleetClient;
  let environment: Record<string, string>;

  beforeAll(async () => {
    snapfleet = await startOnEmbeddedDevice();
    const { natsUrl, name, nats } = snapfleet;
    client = await connectToDevice({ servers: natsUrl, device: name, ...nats.access });
    const programs = await serverPrograms('nats', 'natscli');
    environment = {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      XDG_CONFIG_HOME: nats.directory,
      NATS_CONTEXT: 'client-operator',
      HOME: snapfleet.workDirectory,
    };
    await snapfleet.device.applyObjects(
      namespaceObject('shop'),
      claim('shop', 'orders', '320Mi'),
      deployment('shop', 'orders', 'orders'),
    );
    await snapfleet.podIsRunning('shop', 'app=orders');
    await snapfleet.device.writeFiles({ namespace: 'shop', persistentVolumeClaim: 'orders' }, { 'order-1': 'one\n' });
  });

  afterAll(async () => {
    await client.close();
    await snapfleet.stop();
  });

  /** Publishes with the text of the reference, changed as told, and gives the first event that satisfies the condition. */
  async function publish(
    message: string,
    change: (text: string) => string,
    wanted: (event: SnapfleetEvent) => boolean,
  ): Promise<SnapfleetEvent> {
    const events = client.events({ signal: AbortSignal.timeout(deadlineMs) });
    await events.ready;
    await execa('bash', ['-euo', 'pipefail', '-c', change(snippetFor(message))], {
      env: environment,
      extendEnv: false,
      timeout: 30_000,
    });
    for await (const event of events) if (wanted(event)) return event;
    throw new Error(`no such event within ${deadlineMs} ms`);
  }

  test('makes a restore point with nats pub, and every step of it is proven', async () => {
    const completed = await publish(
      'snapshot.create',
      (text) => text,
      ({ name }) => name === 'snapshot.completed',
    );
    expect(completed.data).toMatchObject({ namespace: 'shop', persistentVolumeClaim: 'orders', outcome: 'proven' });
    const restorePointId = RestorePointId.parse(
      'restorePointId' in completed.data ? completed.data.restorePointId : undefined,
    );
    const { restorePoint } = await client.ask(SnapshotShow, { restorePointId });
    expect(restorePoint).toMatchObject({ phase: 'verified-remote', requestedBy: 'nightly' });
  });

  test.each([
    ['"namespace": "shop"', '"namespace": "Not_A_Namespace"', 'data.namespace', /Kubernetes namespace/],
    ['"kind": "Deployment"', '"kind": "CronJob"', 'data.policy.quiesce.workload.kind', /Deployment/],
    ['"specversion": "1.0"', '"specversion": "0.3"', 'specversion', /1\.0/],
  ])('gets an event that names field and rule when %s is %s', async (right, wrong, field, rule) => {
    const rejected = await publish(
      'snapshot.create',
      (text) => text.replace(right, wrong),
      ({ name }) => name === 'command.rejected',
    );
    expect(rejected.data).toMatchObject({ error: { code: 'invalid_message', field } });
    expect('error' in rejected.data ? rejected.data.error.rule : '').toMatch(rule);
  });

  test('gets an event for a payload that is no JSON at all, and the device goes on', async () => {
    const subject = `snap.v1.cmd.${snapfleet.name}.snapshot.create`;
    const rejected = await publish(
      'snapshot.create',
      () => `nats pub --jetstream ${subject} 'no json'`,
      ({ name }) => name === 'command.rejected',
    );
    expect(rejected.data).toMatchObject({ error: { code: 'invalid_message', field: 'message' } });
  });
});
