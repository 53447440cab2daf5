/**
 * systemd in a guest, which runs the services by the units of deploy/systemd: as their users, with their capabilities, and
 * with nothing in sight that the units hide. Needs a volume for /var/lib/snapfleet.
 *
 *   const systemd = await GuestSystemd.start(guest, { stateDevice: '/dev/rhel/state', workDirectory });   // some 5 s
 *   const service = await systemd.place(logs).start('host-lvm', environment);
 */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { serverPrograms } from '../servers.js';
import type { RunningService, ServiceName, ServicePlace } from '../services.js';
import { StartWatch } from '../start-watch.js';
import type { Guest } from '../uml/guest.js';
import type { GuestProgram, GuestRunOptions, GuestRunResult } from '../uml/guest-jobs.js';

const script = fileURLToPath(new URL('./run-systemd', import.meta.url));
const users = fileURLToPath(new URL('../../../deploy/systemd/snapfleet.sysusers.conf', import.meta.url));
const work = '/run/snapfleet-systemd';
const probeUnit = 'snapfleet-probe.service';
const commandDeadlineMs = 120_000;
/** What the services and their programs read of /etc. */
const copied = [
  'passwd',
  'group',
  'shadow',
  'gshadow',
  'nsswitch.conf',
  'ld.so.cache',
  'hosts',
  'localtime',
  'alternatives',
];

/** What a unit gets in another way than by its environment. */
const files: Readonly<Record<string, (name: ServiceName) => string>> = {
  SNAPFLEET_NATS_NKEY_SEED_FILE: (name) => `keys/${name}.nk`,
  SNAPFLEET_NATS_CA_FILE: () => 'nats-ca.pem',
  SNAPFLEET_KUBECONFIG: (name) => `${name}.kubeconfig`,
};

export interface GuestSystemdOptions {
  /** A device in the guest with an xfs on it. */
  readonly stateDevice: string;
  /** On this machine; it is kept. */
  readonly workDirectory: string;
}

/** A systemd that runs. */
export class GuestSystemd {
  /** What is /etc/snapfleet there. */
  readonly #settings: string;
  #pid = '';

  private constructor(
    private readonly guest: Guest,
    private readonly stage: string,
    private readonly stateDevice: string,
  ) {
    this.#settings = join(stage, 'etc', 'snapfleet');
  }

  static async start(guest: Guest, { stateDevice, workDirectory }: GuestSystemdOptions): Promise<GuestSystemd> {
    const stage = join(workDirectory, 'systemd');
    await makeStage(stage);
    const systemd = new GuestSystemd(guest, stage, stateDevice);
    await systemd.boot();
    return systemd;
  }

  /** Starts it, at first or in a guest that was booted again. */
  async boot(): Promise<void> {
    const { guest, stage, stateDevice } = this;
    const programs = await serverPrograms('nats', 'restic');
    const started = Promise.withResolvers<undefined>();
    const said: string[] = [];
    const running = await guest.start(
      script,
      [
        ...[stage, stateDevice, guest.hostAddress],
        ...[process.execPath, join(programs, 'nats-server'), join(programs, 'restic')],
      ],
      {
        onLine: (line) => {
          said.push(line);
          if (line === 'systemd runs') started.resolve(undefined);
        },
      },
    );
    running.ended.then(
      () => {
        started.reject(new Error(`systemd did not start:\n${said.join('\n')}`));
      },
      () => undefined,
    );
    await started.promise;
    const { stdout } = await guest.run('cat', [`${work}/pid`], { deadlineMs: commandDeadlineMs });
    this.#pid = stdout.trim();
  }

  /** Runs a program of the guest with the files and processes that systemd sees. */
  run(program: string, args: readonly string[], options: Partial<GuestRunOptions> = {}): Promise<GuestRunResult> {
    const enter = ['--target', this.#pid, '--mount', '--pid', '--cgroup', '--', program, ...args];
    return this.guest.run('nsenter', enter, { deadlineMs: commandDeadlineMs, workingDirectory: '/', ...options });
  }

  async systemctl(...words: readonly string[]): Promise<string> {
    return (await this.run('systemctl', words)).stdout;
  }

  /** Adds to a unit, as an administrator does. */
  async dropIn(unit: string, name: string, text: string): Promise<void> {
    const folder = `${work}/units/${unit}.d`;
    const options = { input: text, deadlineMs: commandDeadlineMs };
    await this.guest.run('bash', ['-c', `mkdir -p ${folder} && cat > ${folder}/${name}.conf`], options);
    await this.systemctl('daemon-reload');
  }

  /**
   * Runs a bash script once with all that a unit gives its service and takes from it, beside the service.
   * @returns what it wrote
   */
  async probe(name: ServiceName, script: string): Promise<string> {
    const copy = `cp ${work}/units/snapfleet-${name}.service ${work}/units/${probeUnit} && : > ${work}/snapfleet-probe.log`;
    await this.guest.run('bash', ['-c', copy], { deadlineMs: commandDeadlineMs });
    const input = `StandardInput=data\nStandardInputData=${Buffer.from(script).toString('base64')}`;
    const command = 'Type=oneshot\nRestart=no\nExecStart=\nExecStart=/bin/bash -s';
    await this.dropIn(probeUnit, '95-probe', `[Service]\n${command}\n${input}\n`);
    await this.systemctl('start', probeUnit);
    return (await this.run('cat', [`${work}/snapfleet-probe.log`])).stdout;
  }

  /** Starts the nats-server of the device in the guest; its configuration has to be there. */
  async startNatsServer(): Promise<void> {
    await this.guest.run('mv', [`${work}/snapfleet-nats.service`, `${work}/units/`], { deadlineMs: commandDeadlineMs });
    await this.systemctl('daemon-reload');
    await this.systemctl('start', 'snapfleet-nats');
  }

  /** A file of /etc/snapfleet. */
  configure(name: string, text: string, mode = 0o644): void {
    writeFileSync(join(this.#settings, name), text);
    chmodSync(join(this.#settings, name), mode);
  }

  /** Services as units. Their settings become files of /etc/snapfleet. */
  place(logDirectory: string): ServicePlace {
    mkdirSync(logDirectory, { recursive: true });
    return {
      start: async (name, environment) => {
        this.#writeSettings(name, environment);
        return this.#startUnit(name, new StartWatch(name, join(logDirectory, `${name}.log`)));
      },
    };
  }

  #writeSettings(name: ServiceName, environment: Readonly<Record<string, string>>): void {
    const lines = Object.entries(environment).flatMap(([variable, value]) => {
      const file = files[variable]?.(name);
      if (file === undefined) return [`${variable}=${value}`];
      copyFileSync(value, join(this.#settings, file));
      chmodSync(join(this.#settings, file), variable === 'SNAPFLEET_NATS_CA_FILE' ? 0o644 : 0o600);
      return variable === 'SNAPFLEET_NATS_CA_FILE' ? [`${variable}=/etc/snapfleet/${file}`] : [];
    });
    this.configure(`${name}.env`, `${lines.join('\n')}\n`);
  }

  async #startUnit(name: ServiceName, watch: StartWatch): Promise<RunningService> {
    const unit = `snapfleet-${name}`;
    const log = `${work}/${unit}.log`;
    await this.guest.run('truncate', ['--size=0', log], { deadlineMs: commandDeadlineMs });
    const follower = await this.guest.start('tail', ['--follow', '--lines=+1', log], { onLine: watch.line });
    await this.#start(unit);
    const send = async (signal: NodeJS.Signals): Promise<void> => {
      await this.systemctl('kill', `--signal=${signal}`, unit);
    };
    return watch.service((signal) => this.#end(unit, signal, follower), send);
  }

  async #start(unit: string): Promise<void> {
    try {
      await this.systemctl('start', unit);
    } catch (cause) {
      const { stdout } = await this.guest.run('dmesg', [], { deadlineMs: commandDeadlineMs });
      throw new Error(`${unit} did not start:\n${stdout.split('\n').slice(-20).join('\n')}`, { cause });
    }
  }

  async #end(unit: string, signal: NodeJS.Signals, follower: GuestProgram): Promise<void> {
    if (signal === 'SIGKILL') await this.systemctl('kill', '--signal=KILL', unit);
    await this.systemctl('stop', unit);
    follower.kill('SIGTERM');
    await follower.ended.catch(() => undefined);
  }
}

/** A small /etc with the users of deploy/systemd, made as a package makes them. */
async function makeStage(stage: string): Promise<void> {
  const etc = join(stage, 'etc');
  for (const folder of ['snapfleet/keys', 'lvm']) mkdirSync(join(etc, folder), { recursive: true });
  for (const name of copied) {
    if (existsSync(`/etc/${name}`))
      cpSync(`/etc/${name}`, join(etc, name), { recursive: true, verbatimSymlinks: true });
  }
  writeFileSync(join(etc, 'snapfleet', 'device.env'), '');
  writeFileSync(join(etc, 'machine-id'), `${crypto.randomUUID().replaceAll('-', '')}\n`);
  await execa('systemd-sysusers', [`--root=${stage}`, users], { stdin: 'ignore', timeout: commandDeadlineMs });
}
