/**
 * Writes the configuration of a device's nats-server and a key for each service and kind of client.
 *
 *   npm run nats-config -- --device edge-1 --out DIR [--listen HOST:PORT] [--store DIR] \
 *     [--tls-cert FILE --tls-key FILE [--tls-ca FILE]]
 *
 * DIR/nats.conf holds public keys only. DIR/keys/<identity>.nk holds a seed, readable by its owner only: give each service
 * the file of its own as SNAPFLEET_NATS_NKEY_SEED_FILE, owned by the user that the service runs as, and let no other
 * service have it. Keys that are there are kept; to change one, delete its file and run this again.
 */
import { DeviceId, clientIdentities } from '@snapfleet/contracts';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeDeviceConfig } from './nats/device-config.ts';

const usage = `usage: npm run nats-config -- --device NAME --out DIR [--listen HOST:PORT] [--store DIR]
         [--tls-cert FILE --tls-key FILE [--tls-ca FILE]]

  --device   name of the device, such as edge-1
  --out      folder for nats.conf and keys/
  --listen   default: 127.0.0.1:4222; on another address, give a certificate
  --store    folder of the server's data; default: /var/lib/snapfleet/nats
  --tls-cert, --tls-key   files of a certificate: the server then takes TLS connections only. It must name the host or the
             address of the clients' tls:// URL
  --tls-ca   file of its authority, for the contexts of the nats program; services and clients get it as
             SNAPFLEET_NATS_CA_FILE. docs/security.md shows how these files are made`;

function fail(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function readArguments() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      options: {
        ...{ device: text, out: text, listen: text, store: text },
        ...{ 'tls-cert': text, 'tls-key': text, 'tls-ca': text },
      },
    }).values;
  } catch (thrown) {
    return fail(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

const values = readArguments();
const device = DeviceId.safeParse(values.device);
if (!device.success) fail(`--device ${device.error.issues[0]?.message ?? ''}`);
if (values.out === undefined) fail('--out must be a folder');
const { 'tls-cert': certificate, 'tls-key': key, 'tls-ca': authority } = values;
if ((certificate === undefined) !== (key === undefined)) fail('--tls-cert and --tls-key belong together');
if (authority !== undefined && certificate === undefined) fail('--tls-ca belongs to --tls-cert');

const written = await writeDeviceConfig(resolve(values.out), {
  device: device.data,
  listen: values.listen ?? '127.0.0.1:4222',
  storeDirectory: values.store ?? '/var/lib/snapfleet/nats',
  tls:
    certificate === undefined || key === undefined
      ? undefined
      : { certificate: resolve(certificate), key: resolve(key), authority: authority && resolve(authority) },
});
console.log(written.configFile);
const purposes: Readonly<Record<string, string>> = clientIdentities;
for (const [identity, file] of Object.entries(written.seedFiles)) {
  console.log(`${file}  ${purposes[identity] ?? `for ${identity} only`}`);
}
