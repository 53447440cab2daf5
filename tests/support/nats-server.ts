import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { identities, type Identity } from '@snapfleet/contracts';
import { NatsContainer } from './nats-container.js';
import { NatsProcess } from './nats-process.js';
import { makeCertificate, type ServerCertificate } from './test-authority.js';

const configProgram = fileURLToPath(new URL('../../tools/nats-config.ts', import.meta.url));
const configDeadlineMs = 60_000;

/** A real nats-server with JetStream as a device has it: own domain, every write synced. */
export interface NatsServer {
  /** Such as nats://127.0.0.1:41234; stays the same through a restart. */
  readonly url: string;
  /** Where its configuration is. */
  readonly directory: string;
  readonly token: string | undefined;
  /** The authority of its certificate, where it takes TLS connections only. */
  readonly caFile: string | undefined;
  /** The file with the seed of each identity, where the server knows identities. */
  readonly seedFiles: SeedFiles | undefined;
  /** How a client gets in that sends commands; what the client library takes. */
  readonly access: { readonly token?: string; readonly nkeySeedFile?: string; readonly caFile?: string };
  /** Gives an identity a new key, as docs/security.md says; the server goes on. */
  changeKey(identity: Identity): Promise<void>;
  /** Ends it as a crash does, and leaves it down. */
  kill9(): Promise<void>;
  /** Ends it if it runs and starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. A second call does nothing. */
  stop(): Promise<void>;
}

/** What differs between a process and a container. */
export interface NatsRunner {
  start(): Promise<void>;
  /** Has it read its configuration again. */
  reload(): Promise<void>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  remove(): Promise<void>;
}

/** How to start it. */
export interface NatsServerOptions {
  readonly token?: string;
  /** The device whose services and clients have an nkey each, with the permissions of the flow table; no token then. */
  readonly identitiesOf?: string;
  /** It takes TLS connections only: with a certificate made for it, which has these names (default: loopback). */
  readonly tls?: boolean | string;
  /** The address to listen on: loopback, or the host's address in a guest's network. */
  readonly host?: string;
}

/**
 * Starts a nats-server on a free port of its host with its data in a temporary folder: the program that tools/servers
 * builds, or a container of the image that SNAPFLEET_TEST_NATS_IMAGE names.
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { token, host = '127.0.0.1', identitiesOf } = options;
  const image = process.env['SNAPFLEET_TEST_NATS_IMAGE'];
  const directory = await mkdtemp(join(tmpdir(), 'snapfleet-nats-'));
  const port = await freePort();
  const config = join(directory, 'nats.conf');
  const inContainer = image !== undefined && image !== '';
  const [listen, storeDirectory] = inContainer ? ['0.0.0.0:4222', '/data'] : [`${host}:${String(port)}`, directory];
  const reachedAt = `${inContainer ? '127.0.0.1' : host}:${String(port)}`;
  const tls = await certificateFor(options, directory);
  const place = { directory, listen, storeDirectory, tls };
  const seedFiles = identitiesOf === undefined ? undefined : await writeIdentities(place, identitiesOf);
  if (seedFiles === undefined) await writeFile(config, configuration(place, token));
  const runner: NatsRunner = inContainer
    ? new NatsContainer(image, config, port, tls === undefined ? [] : [tls.certificate, tls.key])
    : new NatsProcess(config);
  const stop = async (): Promise<void> => {
    await runner.end('SIGKILL');
    await runner.remove();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await runner.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `${tls === undefined ? 'nats' : 'tls'}://${reachedAt}`,
    directory,
    token,
    caFile: tls?.authority,
    seedFiles,
    access: accessBy(token, seedFiles, tls),
    changeKey: async (identity) => {
      if (seedFiles === undefined || identitiesOf === undefined) throw new Error('the server knows no identities');
      await rm(seedFiles[identity]);
      await writeIdentities(place, identitiesOf);
      await runner.reload();
    },
    kill9: () => runner.end('SIGKILL'),
    restart: async () => {
      await runner.end('SIGTERM');
      await runner.start();
    },
    stop,
  };
}

function accessBy(
  token: string | undefined,
  seedFiles: SeedFiles | undefined,
  tls: ServerCertificate | undefined,
): NatsServer['access'] {
  const trust = tls === undefined ? {} : { caFile: tls.authority };
  if (seedFiles !== undefined) return { ...trust, nkeySeedFile: seedFiles['client-operator'] };
  return token === undefined ? trust : { ...trust, token };
}

/** Where a server has its files and listens. */
interface Place {
  readonly directory: string;
  readonly listen: string;
  readonly storeDirectory: string;
  readonly tls: ServerCertificate | undefined;
}

function certificateFor({ tls }: NatsServerOptions, directory: string): Promise<ServerCertificate> | undefined {
  if (tls === undefined || tls === false) return undefined;
  return makeCertificate(join(directory, 'tls'), tls === true ? undefined : tls);
}

/** The file with the seed of each identity. */
export type SeedFiles = Readonly<Record<Identity, string>>;

/** Keys and configuration as `npm run nats-config` makes them, for whoever sets up a device. */
async function writeIdentities(place: Place, device: string): Promise<SeedFiles> {
  const { directory, listen, storeDirectory, tls } = place;
  const options = ['--device', device, '--out', directory, '--listen', listen, '--store', storeDirectory];
  if (tls !== undefined) {
    options.push('--tls-cert', tls.certificate, '--tls-key', tls.key, '--tls-ca', tls.authority);
  }
  await execa(process.execPath, [configProgram, ...options], { timeout: configDeadlineMs, stdin: 'ignore' });
  // Services of other users come through to the file of their own.
  await chmod(directory, 0o711);
  return Object.fromEntries(
    identities.map((identity) => [identity, join(directory, 'keys', `${identity}.nk`)]),
  ) as SeedFiles;
}

function configuration({ listen, storeDirectory, tls }: Place, token: string | undefined): string {
  return [
    `listen: "${listen}"`,
    'server_name: "device"',
    `jetstream { domain: "device", store_dir: "${storeDirectory}", sync_interval: always, max_file: 1GB, max_mem: 64MB }`,
    ...(tls === undefined ? [] : [`tls { cert_file: "${tls.certificate}", key_file: "${tls.key}" }`]),
    ...(token === undefined ? [] : [`authorization { token: "${token}" }`]),
    '',
  ].join('\n');
}

/** A port of 127.0.0.1 that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
