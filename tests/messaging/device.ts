import { afterEach, beforeEach } from 'vitest';
import type { Party } from '@snapfleet/contracts';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { RawClient } from './raw-client.js';
import { startService, type Behaviour, type TestService } from './test-service.js';

/** A device of one test: a fresh nats-server, its services, and a client of another system. */
export interface TestDevice {
  readonly server: NatsServer;
  readonly client: RawClient;
  start(party: Party, behaviour?: Behaviour, adjustments?: Parameters<typeof startService>[3]): Promise<TestService>;
}

/** Gives each test of a file a device of its own, and takes it away afterwards. */
export function useDevice(): TestDevice {
  let server: NatsServer | undefined;
  let client: RawClient | undefined;
  const services: TestService[] = [];
  beforeEach(async () => {
    server = await startNatsServer({ token: 'a-token-of-the-test' });
    client = await RawClient.connect(server);
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close()));
    await client?.close();
    await server?.stop();
  });
  return {
    get server() {
      if (server === undefined) throw new Error('there is a server only while a test runs');
      return server;
    },
    get client() {
      if (client === undefined) throw new Error('there is a client only while a test runs');
      return client;
    },
    async start(party, behaviour, adjustments) {
      const service = await startService(this.server, party, behaviour, adjustments);
      services.push(service);
      return service;
    },
  };
}
