import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { NatsServer } from '../support/nats-server.js';

const answerMs = 10_000;

/** A publisher that writes the protocol of NATS by hand, and whatever it likes into it. */
export class RawSocket {
  private said = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
  }

  static async connect({ url, token }: NatsServer): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    const raw = new RawSocket(socket);
    const options = { verbose: false, headers: true, auth_token: token, lang: 'none', version: '0', protocol: 1 };
    await raw.send(`CONNECT ${JSON.stringify(options)}\r\n`);
    return raw;
  }

  /** Publishes with these lines of headers as they are. @throws Error with what the server says against it */
  async publish(subject: string, headerLines: readonly string[], payload: Uint8Array): Promise<void> {
    const header = Buffer.from(`NATS/1.0\r\n${headerLines.map((line) => `${line}\r\n`).join('')}\r\n`);
    const sizes = `${String(header.length)} ${String(header.length + payload.length)}`;
    await this.send(Buffer.concat([Buffer.from(`HPUB ${subject} ${sizes}\r\n`), header, payload, Buffer.from('\r\n')]));
  }

  close(): void {
    this.socket.destroy();
  }

  /** The server answers in order: what it has against something comes before its answer to the ping. */
  private async send(bytes: Uint8Array | string): Promise<void> {
    this.said = '';
    this.socket.write(bytes);
    this.socket.write('PING\r\n');
    const signal = AbortSignal.timeout(answerMs);
    while (!this.said.includes('PONG\r\n')) await once(this.socket, 'data', { signal });
    const refusal = /-ERR .*/.exec(this.said)?.[0];
    if (refusal !== undefined) throw new Error(refusal);
  }
}
