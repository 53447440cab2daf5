import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsContainer } from './nats-container.js';
import { NatsProcess } from './nats-process.js';

/** A real nats-server with JetStream as a device has it: own domain, every write synced. */
export interface NatsServer {
  /** Such as nats://127.0.0.1:41234; stays the same through a restart. */
  readonly url: string;
  readonly token: string | undefined;
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
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  remove(): Promise<void>;
}

/** How to start it. */
export interface NatsServerOptions {
  readonly token?: string;
  /** The address to listen on: loopback, or the host's address in a guest's network. */
  readonly host?: string;
}

/**
 * Starts a nats-server on a free port of its host with its data in a temporary folder: the program that tools/servers
 * builds, or a container of the image that SNAPFLEET_TEST_NATS_IMAGE names.
 */
export async function startNatsServer({ token, host = '127.0.0.1' }: NatsServerOptions = {}): Promise<NatsServer> {
  const image = process.env['SNAPFLEET_TEST_NATS_IMAGE'];
  const directory = await mkdtemp(join(tmpdir(), 'snapfleet-nats-'));
  const port = await freePort();
  const config = join(directory, 'nats.conf');
  const inContainer = image !== undefined && image !== '';
  await writeFile(
    config,
    configuration(inContainer ? '0.0.0.0:4222' : `${host}:${String(port)}`, inContainer ? '/data' : directory, token),
  );
  const runner: NatsRunner = inContainer ? new NatsContainer(image, config, port) : new NatsProcess(config);
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
    url: `nats://${inContainer ? '127.0.0.1' : host}:${String(port)}`,
    token,
    kill9: () => runner.end('SIGKILL'),
    restart: async () => {
      await runner.end('SIGTERM');
      await runner.start();
    },
    stop,
  };
}

function configuration(listen: string, storeDirectory: string, token: string | undefined): string {
  return [
    `listen: "${listen}"`,
    'server_name: "device"',
    `jetstream { domain: "device", store_dir: "${storeDirectory}", sync_interval: always, max_file: 1GB, max_mem: 64MB }`,
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
