/**
 * The main job where anyone can see it: `./quickstart [--once] [--real]`.
 */
import { parseArgs } from 'node:util';
import { connectToDevice } from '@snapfleet/client';
import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { startOnRealDevice } from '../support/on-real-device.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { runMainJob } from './main-job.js';
import { print } from './print.js';

const usage = 'usage: ./quickstart [--once] [--real]';

function options(): { once: boolean; real: boolean } {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean' }, real: { type: 'boolean' } } });
    return { once: values.once ?? false, real: values.real ?? false };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

/** What to try while it runs. */
function printTrials(snapfleet: SnapfleetDevice): void {
  print.done('It runs until Ctrl-C. In another terminal, from this directory:');
  print.command(
    `export SNAPFLEET_NATS_URL=${snapfleet.natsUrl} SNAPFLEET_DEVICE=${snapfleet.name} SNAPFLEET_NATS_NKEY_SEED_FILE=${snapfleet.nats.access.nkeySeedFile ?? ''}`,
  );
  print.command(`export KUBECONFIG=${snapfleet.device.kubeconfigPath}`);
  print.command('node_modules/.bin/snapfleet doctor');
  print.command('node_modules/.bin/snapfleet snapshot list');
  print.command('node_modules/.bin/snapfleet events follow');
  print.command('node_modules/.bin/snapfleet snapshot create demo/notes-data --quiesce deployment/notes --mover copy');
  print.note(`Health of the services: ${snapfleet.healthUrls().join(' ')}`);
  print.note(`Logs and data: ${snapfleet.workDirectory} (removed at the end)`);
}

async function untilInterrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      resolve(undefined);
    });
  }
  const alive = setInterval(() => undefined, 60_000);
  await promise;
  clearInterval(alive);
}

const { once, real } = options();
console.log(
  real
    ? 'Starting a real Kubernetes control plane, TopoLVM with a real thin pool in a guest kernel, NATS and the services…'
    : 'Starting NATS, the services and an embedded device…',
);
const snapfleet = await (real ? startOnRealDevice() : startOnEmbeddedDevice());
try {
  const client = await connectToDevice({
    servers: snapfleet.natsUrl,
    device: snapfleet.name,
    ...snapfleet.nats.access,
    clientName: 'quickstart',
  });
  try {
    await runMainJob(snapfleet, client, ['copy', 'restic']);
  } finally {
    await client.close();
  }
  print.done('Done: snapshotted, backed up, verified, lost, restored.');
  if (!once) {
    printTrials(snapfleet);
    await untilInterrupted();
  }
} catch (error) {
  console.error(error);
  console.error(snapfleet.lastLogLines());
  process.exitCode = 1;
} finally {
  await snapfleet.stop();
}
