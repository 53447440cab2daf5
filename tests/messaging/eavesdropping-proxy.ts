import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The first byte of a TLS record that holds a handshake (RFC 8446, 5.1). */
export const handshakeRecord = 0x16;

/** Stands between a client and a nats-server and keeps what goes each way; or it plays a server that offers no TLS. */
export class EavesdroppingProxy {
  readonly #sockets = new Set<Socket>();
  /** What clients have sent and were sent, one entry for each connection. */
  readonly connections: { sent: Buffer; received: Buffer }[] = [];
  #offersTls = true;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (client: Socket) => {
      this.#take(client);
    });
  }

  static async before(serverUrl: string): Promise<EavesdroppingProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return new EavesdroppingProxy(server, Number(new URL(serverUrl).port));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on clients reach a server that hides that it could do TLS; those that are connected lose their connection. */
  stripTls(): void {
    this.#offersTls = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #take(client: Socket): void {
    const kept = { sent: Buffer.alloc(0), received: Buffer.alloc(0) };
    this.connections.push(kept);
    this.#keep(client);
    client.on('data', (part: Buffer) => (kept.sent = Buffer.concat([kept.sent, part])));
    if (!this.#offersTls) {
      client.write('INFO {"server_id":"N","version":"2.15.2","proto":1,"headers":true,"max_payload":1048576}\r\n');
      return;
    }
    const target = connect({ host: '127.0.0.1', port: this.targetPort });
    this.#keep(target);
    target.on('data', (part: Buffer) => (kept.received = Buffer.concat([kept.received, part])));
    client.pipe(target).pipe(client);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}
