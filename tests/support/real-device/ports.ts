import { createConnection, createServer, type AddressInfo, type Server } from 'node:net';

const localhost = '127.0.0.1';

/** So many TCP ports of 127.0.0.1 that are free now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(createServer(), localhost)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

/** A port of another address that leads to a port of 127.0.0.1. */
export interface ForwardedPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Make a server that listens on 127.0.0.1 reachable at `address`, at a port of its own. */
export async function forwardPort(address: string, toPort: number): Promise<ForwardedPort> {
  const server = createServer((incoming) => {
    const outgoing = createConnection({ host: localhost, port: toPort, noDelay: true });
    incoming.setNoDelay(true);
    incoming.on('error', () => outgoing.destroy()).on('close', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy()).on('close', () => incoming.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await listen(server, address);
  return {
    port: portOf(server),
    close: () => {
      for (const socket of open) socket.destroy();
      return close(server);
    },
  };
}

function listen(server: Server, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      server.removeListener('error', reject);
      resolve(server);
    });
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
