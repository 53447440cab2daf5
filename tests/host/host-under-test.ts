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
import { createInbox, nanos, type NatsConnection } from '@nats-io/nats-core';
import { bundleService, type ServiceBundle } from '../support/bundle-service.js';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { startedPort } from '../support/start-watch.js';
import { bootGuest, type Guest } from '../support/uml/guest.js';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { configureLvm } from '../support/uml/lvm-configuration.js';
import { waitUntil } from '../support/wait-until.js';
import { prepareVolumes } from './volumes.js';

/** The device that all belongs to. */
export const device = DeviceId.parse('edge-1');
const readerUid = '64738';
const deadlineMs = 60_000;
const ignore = (): void => undefined;
const noLog: MessagingLog = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const anyExitCode = Array.from({ length: 256 }, (_, code) => code);

/** Where host-lvm keeps its journal, in the guest's own /run: the rest of the files are this machine's. */
export const stateDirectory = '/run/snapfleet-state';
/** Where host-lvm looks for the configuration of lvmd. */
export const lvmdConfiguration = '/run/lvmd.yaml';

/** A directory of the worker's own. */
export const scratchDirectory = '/run/snapfleet-scratch';

/** The programs in the guest that the tests look through: as the worker that may read everything, or somebody else. */
export type Reader = 'worker' | 'worker without rights' | 'somebody else';

/** A guest with volumes, a nats-server on this side, and host-lvm in the guest. */
export class HostUnderTest {
  /** What host-lvm has said so far, in all its runs. */
  readonly log: string[] = [];
  #service: GuestProgram | undefined;
  #httpPort = 0;

  private constructor(
    readonly guest: Guest,
    private readonly nats: NatsServer,
    private readonly link: NatsLink,
    private readonly commands: AgentCommands,
    private readonly bundle: ServiceBundle,
  ) {}

  /** Boots the guest and makes the volumes, without `volumes` an empty disk; host-lvm is not started yet. */
  static async boot({ volumes = true } = {}): Promise<HostUnderTest> {
    const [guest, bundle] = await Promise.all([bootGuest(), bundleService('host-lvm')]);
    const nats = await startNatsServer({ host: guest.hostAddress });
    const options = { party: 'backup-worker', device, servers: nats.url, log: noLog } as const;
    const link = new NatsLink(options, 'test');
    const host = new HostUnderTest(guest, nats, link, new AgentCommands(link, options), bundle);
    await configureLvm(guest);
    if (volumes) await prepareVolumes(guest);
    return host;
  }

  /** Boots the guest and starts host-lvm. */
  static async create(options: { readonly volumes?: boolean } = {}): Promise<HostUnderTest> {
    const host = await HostUnderTest.boot(options);
    await host.startService();
    return host;
  }

  async destroy(): Promise<void> {
    await this.link.close();
    await this.guest.stop();
    await this.nats.stop();
    await this.bundle.remove();
  }

  /** Starts host-lvm and waits until it takes messages. */
  async startService(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { started } = await this.launchService(settings);
    await started;
  }

  /** Starts host-lvm. `started` resolves when it takes messages, and rejects when it has ended before. */
  async launchService(settings: Readonly<Record<string, string>>): Promise<{ readonly started: Promise<void> }> {
    const started = Promise.withResolvers<number>();
    this.#service = await this.guest.start(process.execPath, [this.bundle.path], {
      env: { ...this.#environment, ...settings },
      onLine: (line) => {
        this.log.push(line);
        const port = startedPort(line);
        if (port !== undefined) started.resolve(port);
      },
    });
    void this.#service.ended.then(
      () => {
        started.reject(new Error(`host-lvm ended:\n${this.log.slice(-20).join('\n')}`));
      },
      () => undefined,
    );
    const promise = started.promise.then((port) => {
      this.#httpPort = port;
    });
    promise.catch(() => undefined);
    return { started: promise };
  }

  /** Runs host-lvm beside the one that runs; it is expected to end at once. */
  async runSecondService(prefix: readonly string[]): Promise<void> {
    await this.guest.run('env', [...prefix, process.execPath, this.bundle.path], {
      deadlineMs,
      env: this.#environment,
    });
  }

  /** The process of host-lvm that was started last. */
  get service(): GuestProgram {
    if (this.#service === undefined) throw new Error('host-lvm was not started');
    return this.#service;
  }

  async endService(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.service.kill(signal);
    await this.service.ended;
  }

  /** What `/readyz` says. */
  async readiness(): Promise<string> {
    const ask = 'exec 5<> "/dev/tcp/127.0.0.1/$1"; printf "GET /readyz HTTP/1.0\\r\\n\\r\\n" >&5; cat <&5';
    return await this.inGuest(ask, String(this.#httpPort));
  }

  /** Runs a bash script in the guest and gives what it wrote. */
  async inGuest(script: string, ...args: readonly string[]): Promise<string> {
    return (await this.guest.run('bash', ['-euo', 'pipefail', '-c', script, 'bash', ...args], { deadlineMs })).stdout;
  }

  /** This side's own connection with the nats-server. */
  async connection(): Promise<NatsConnection> {
    return await this.link.connection(deadlineMs);
  }

  /** How a service in the guest comes to the nats-server. */
  get natsEnvironment(): Record<string, string> {
    return { SNAPFLEET_DEVICE: device, SNAPFLEET_NATS_URL: this.nats.url, SNAPFLEET_HTTP_PORT: '0', NODE_OPTIONS: '' };
  }

  get #environment(): Record<string, string> {
    return {
      ...this.natsEnvironment,
      SNAPFLEET_STATE_DIR: stateDirectory,
      SNAPFLEET_LVMD_CONFIG: lvmdConfiguration,
    };
  }

  async call<Definition extends AgentCommandDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    options: { readonly deadlineMs?: number } = {},
  ): Promise<ReplyOf<Definition>> {
    return await this.commands.call(definition, data, { deadlineMs, ...options });
  }

  /** The answer to a message whose data this side does not check. */
  async callUnchecked<Definition extends AgentCommandDefinition>(
    definition: Definition,
    good: DataInputOf<Definition>,
    change: Record<string, unknown>,
  ): Promise<unknown> {
    const connection = await this.connection();
    const replyTo = createInbox();
    const reply = connection.subscribe(replyTo, { max: 1, timeout: deadlineMs });
    const message = createMessage(definition, good, { device, publisher: 'test', replyTo });
    const changed = { ...message, data: { ...(message.data as object), ...change } };
    await jetstream(connection).publish(subjectFor(definition, device), encodeMessage(changed), { msgID: message.id });
    for await (const answer of reply) return answer.json();
    throw new Error('no answer');
  }

  /** Runs a program in the guest as a reader of exposed volumes; gives what it wrote, or undefined when it failed. */
  async readAs(reader: Reader, program: string, ...args: string[]): Promise<string | undefined> {
    const { stdout, exitCode } = await this.guest.run('setpriv', [...asReader(reader), program, ...args], {
      deadlineMs,
      acceptExitCodes: anyExitCode,
    });
    return exitCode === 0 ? stdout : undefined;
  }

  /** Starts a program that runs on, as the worker. */
  async startAsWorker(program: string, args: readonly string[]): Promise<GuestProgram> {
    await this.inGuest('mkdir -p "$1"; chown "$2:$2" "$1"', scratchDirectory, readerUid);
    return await this.guest.start('setpriv', [...asReader('worker'), program, ...args]);
  }

  /** Waits until every command is acknowledged: one that is not would be delivered to the next run of the service. */
  async settled(): Promise<void> {
    const manager = await jetstreamManager(await this.connection());
    await waitUntil(
      'all commands are acknowledged',
      async () => {
        const { num_ack_pending, num_pending } = await manager.consumers.info(streams.agent.name, 'host-lvm');
        return num_ack_pending + num_pending === 0;
      },
      { deadlineMs },
    );
  }

  /** Has what a killed run had not acknowledged delivered again soon, and not after the wait of a device. */
  async deliverAgainSoon(): Promise<void> {
    const manager = await jetstreamManager(await this.connection());
    await manager.consumers.update(streams.agent.name, 'host-lvm', { ack_wait: nanos(200) });
  }

  /** What runs in the guest and waits for what, to be read where something hangs. */
  async whatRuns(): Promise<string> {
    return await this.inGuest('ps axo pid,ppid,stat,etime,wchan:24,args; dmsetup info --columns; cat /proc/locks');
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
    return Number(await this.inGuest('cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -c /run/snapfleet || true'));
  }
}

function asReader(reader: Reader): readonly string[] {
  const uid = reader === 'somebody else' ? '1000' : readerUid;
  const rights = reader === 'worker' ? ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'] : [];
  return ['--reuid', uid, '--regid', uid, '--clear-groups', ...rights];
}
