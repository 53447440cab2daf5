import { connectToDevice } from '@snapfleet/client';

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});

await using client = await connectToDevice({
  servers: process.env['SNAPFLEET_NATS_URL'] ?? 'nats://127.0.0.1:4222',
  device: process.env['SNAPFLEET_DEVICE'] ?? 'edge-1',
  token: process.env['SNAPFLEET_NATS_TOKEN'],
  nkeySeedFile: process.env['SNAPFLEET_NATS_NKEY_SEED_FILE'],
  caFile: process.env['SNAPFLEET_NATS_CA_FILE'],
  clientName: 'example-2',
});

// The device keeps the place of `durable` for us: what happens while this program is not running comes when it is.
const events = client.events({
  from: { durable: 'example-2', start: new Date(Date.now() - 60 * 60_000) },
  filter: { names: ['snapshot.ready', 'backup.completed', 'restore.verified', 'restore.failed', 'snapshot.deleted'] },
  signal: stop.signal,
});

for await (const event of events) {
  const { namespace, persistentVolumeClaim, restorePointId } = event.data;
  const about = `${namespace}/${persistentVolumeClaim} ${restorePointId}`;
  // The name tells the type of the data.
  switch (event.name) {
    case 'snapshot.ready':
      console.log(`${about}: ready, ${String(event.data.snapshot.restoreSizeBytes)} bytes`);
      break;
    case 'backup.completed':
      console.log(`${about}: backed up by ${event.data.backup.mover}, ${String(event.data.manifest.files)} files`);
      break;
    case 'restore.verified':
      console.log(`${about}: proven, ${event.data.level} ${event.data.manifest.rootDigest}`);
      break;
    case 'restore.failed':
      console.log(`${about}: NOT PROVEN, ${event.data.error.code}: ${event.data.error.message}`);
      break;
    case 'snapshot.deleted':
      console.log(`${about}: deleted by ${event.data.cause}`);
      break;
  }
  // The event is acknowledged when the loop asks for the next one. Had this body thrown, it would come again.
}
