import {
  createMessage,
  DeviceId,
  encodeMessage,
  streams,
  subjectFor,
  type AgentCommandDefinition,
  type DataInputOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import { AgentCommands, NatsLink, type MessagingLog } from '@snapfleet/messaging';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { fileURLToPath } from 'node:url';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { bootGuest, type Guest } from '../support/uml/guest.js';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { waitUntil } from '../support/wait-until.js';
import { prepareVolumes } from './volumes.js';

const device = DeviceId.parse('edge-1');
const main = fileURLToPath(new URL('../../apps/host-lvm/dist/main.js', import.meta.url));
const readerUid = '64738';
const deadlineMs = 60_000;
const ignore = (): void => undefined;
const noLog: MessagingLog = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The programs in the guest that the tests look through: as the worker that may read everything, or somebody else. */
export type Reader = 'worker' | 'worker without rights' | 'somebody else';

/** A guest with volumes, a nats-server on this side, and host-lvm in the guest. */
export class HostUnderTest {
  #service: GuestProgram | undefined;
  readonly #log: string[] = [];

  private constructor(
    readonly guest: Guest,
    private readonly nats: NatsServer,
    private readonly link: NatsLink,
    private readonly commands: AgentCommands,
  ) {}

  /** Without `volumes` the disk is left empty. */
  static async create({ volumes = true } = {}): Promise<HostUnderTest> {
    const guest = await bootGuest();
    const nats = await startNatsServer({ host: guest.hostAddress });
    const options = { party: 'backup-worker', device, servers: nats.url, log: noLog } as const;
    const link = new NatsLink(options, 'test');
    const host = new HostUnderTest(guest, nats, link, new AgentCommands(link, options));
    if (volumes) await prepareVolumes(guest);
    await host.startService();
    return host;
  }

  async destroy(): Promise<void> {
    await this.link.close();
    await this.guest.stop();
    await this.nats.stop();
  }

  /** Starts host-lvm and waits until it takes messages. */
  async startService(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const started = Promise.withResolvers<undefined>();
    this.#service = await this.guest.start(process.execPath, [main], {
      env: { ...this.#environment, ...settings },
      onLine: (line) => {
        this.#log.push(line);
        if (line.includes('"service.started"')) started.resolve(undefined);
      },
    });
    void this.#service.ended.then(
      () => {
        started.reject(new Error(`host-lvm ended:\n${this.#log.join('\n')}`));
      },
      () => undefined,
    );
    await started.promise;
  }

  /** Runs host-lvm beside the one that runs; it is expected to end at once. */
  async runSecondService(prefix: readonly string[]): Promise<void> {
    await this.guest.run('env', [...prefix, process.execPath, main], { deadlineMs, env: this.#environment });
  }

  async endService(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#service?.kill(signal);
    await this.#service?.ended;
  }

  get #environment(): Record<string, string> {
    return {
      SNAPFLEET_DEVICE: device,
      SNAPFLEET_NATS_URL: this.nats.url,
      // In the guest's own /run: the rest of the files are this machine's.
      SNAPFLEET_STATE_DIR: '/run/snapfleet-state',
      NODE_OPTIONS: '',
    };
  }

  async call<Definition extends AgentCommandDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
  ): Promise<ReplyOf<Definition>> {
    return await this.commands.call(definition, data, { deadlineMs });
  }

  /** The answer to a message whose data this side does not check. */
  async callUnchecked<Definition extends AgentCommandDefinition>(
    definition: Definition,
    good: DataInputOf<Definition>,
    change: Record<string, unknown>,
  ): Promise<unknown> {
    const connection = await this.link.connection(deadlineMs);
    const replyTo = `test.reply.${crypto.randomUUID()}`;
    const reply = connection.subscribe(replyTo, { max: 1, timeout: deadlineMs });
    const message = createMessage(definition, good, { device, publisher: 'test', replyTo });
    const changed = { ...message, data: { ...(message.data as object), ...change } };
    await jetstream(connection).publish(subjectFor(definition, device), encodeMessage(changed), { msgID: message.id });
    for await (const answer of reply) return answer.json();
    throw new Error('no answer');
  }

  /** Runs a program in the guest as a reader of exposed volumes; gives what it wrote, or undefined when it failed. */
  async readAs(reader: Reader, program: string, ...args: string[]): Promise<string | undefined> {
    const uid = reader === 'somebody else' ? '1000' : readerUid;
    const rights = reader === 'worker' ? ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'] : [];
    const { stdout, exitCode } = await this.guest.run(
      'setpriv',
      ['--reuid', uid, '--regid', uid, '--clear-groups', ...rights, program, ...args],
      { deadlineMs, acceptExitCodes: Array.from({ length: 256 }, (_, code) => code) },
    );
    return exitCode === 0 ? stdout : undefined;
  }

  /** Waits until every command is acknowledged: one that is not would be delivered to the next run of the service. */
  async settled(): Promise<void> {
    const manager = await jetstreamManager(await this.link.connection(deadlineMs));
    await waitUntil('all commands are acknowledged', async () => {
      const { num_ack_pending, num_pending } = await manager.consumers.info(streams.agent.name, 'host-lvm');
      return num_ack_pending + num_pending === 0;
    });
  }

  /** Whether the volume is active, as LVM says. */
  async isActive(handle: string): Promise<boolean> {
    const { stdout } = await this.guest.run(
      'lvs',
      ['--noheadings', '--options', 'lv_active', '--select', `lv_name=${handle}`],
      { deadlineMs },
    );
    return stdout.trim() === 'active';
  }

  /** In how many mount namespaces of the guest something of host-lvm is mounted. */
  async mountCount(): Promise<number> {
    const { stdout } = await this.guest.run(
      'bash',
      ['-c', 'cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -c /run/snapfleet || true'],
      { deadlineMs },
    );
    return Number(stdout);
  }
}
