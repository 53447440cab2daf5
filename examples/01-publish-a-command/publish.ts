import { CommandFailure, connectToDevice, SnapfleetError, SnapshotCreate } from '@snapfleet/client';

const [namespace = 'demo', persistentVolumeClaim = 'notes-data', idempotencyKey] = process.argv.slice(2);

await using client = await connectToDevice({
  servers: process.env['SNAPFLEET_NATS_URL'] ?? 'nats://127.0.0.1:4222',
  device: process.env['SNAPFLEET_DEVICE'] ?? 'edge-1',
  token: process.env['SNAPFLEET_NATS_TOKEN'],
  nkeySeedFile: process.env['SNAPFLEET_NATS_NKEY_SEED_FILE'],
  caFile: process.env['SNAPFLEET_NATS_CA_FILE'],
  clientName: 'example-1',
});

try {
  // The device has stored the command when this resolves. With the same key it does the same thing only once.
  const handle = await client.send(SnapshotCreate, {
    namespace,
    persistentVolumeClaim,
    policy: { movers: ['copy'], verify: ['snapshot', 'backup'] },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    requestedBy: 'example-1',
  });
  console.log(`sent: restore point ${handle.restorePointId}`);

  // `outcome` waits until the snapshot is ready; `completion` until every backup and verification has ended too.
  const end = await client.completion(handle, {
    deadlineMs: 10 * 60_000,
    onEvent: (event) => console.log(`${event.storedAt.toISOString()} ${event.name}`),
  });
  if (end.name === 'command.completed') console.log(`nothing new: ${end.data.note}`);
  else if (end.data.outcome === 'proven') console.log('proven');
  else {
    console.error(`made, but not proven: ${end.data.failures.join('; ')}`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof SnapfleetError)) throw error;
  // Decide by the code, show the message and the remedy.
  console.error(`${error instanceof CommandFailure ? error.event.name : 'error'} ${error.code}: ${error.message}`);
  console.error(error.remedy);
  process.exitCode = 1;
}
