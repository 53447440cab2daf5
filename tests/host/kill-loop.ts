import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Random } from '../support/random.js';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { waitUntil } from '../support/wait-until.js';
import { HostLoad, type loads } from './host-load.js';
import { leaksOf, readHostState, type HostState } from './host-state.js';
import type { HostUnderTest } from './host-under-test.js';
import { oddGroup } from './volumes.js';

const killer = fileURLToPath(new URL('./kill-children', import.meta.url));
const settings = {
  SNAPFLEET_SWEEP_SECONDS: '1',
  SNAPFLEET_VOLUME_GROUPS: `rhel,${oddGroup}`,
};
const settleDeadlineMs = 120_000;
/** Nothing is removed and nobody frozen by it: `suite/killed-removal.ts` and `writers.test.ts` kill there. */
const notInLoad: ReadonlySet<string> = new Set(['remove', 'freeze']);
const children = ['lvchange', 'lvchange', 'lvs', 'mount', 'umount', 'blkid', 'nsenter', 'holder', 'holder'] as const;

/** What the kills are chosen by, and under which load they come. */
export interface KillLoopOptions {
  readonly seed: number;
  readonly load: (typeof loads)[keyof typeof loads];
}

/** What became of one round. */
export interface KillVerdict {
  readonly what: string;
  /** How many processes were killed in it. */
  readonly kills: number;
  readonly milliseconds: number;
  /** Empty: nothing was left. */
  readonly leaks: readonly string[];
}

/**
 * The effects of host-lvm around which it can be killed, read from its closed list of programs and from its journal as
 * they are built: `<effect>:<before|during|after>`. What the load does not ask for is left out.
 */
export async function hostFailpoints(): Promise<string[]> {
  const load = async (path: string): Promise<unknown> =>
    await import(new URL(`../../apps/host-lvm/dist/${path}`, import.meta.url).href);
  const { allowedCommands } = z
    .object({ allowedCommands: z.array(z.object({ name: z.string() })) })
    .parse(await load('privileged/allowed-commands.js'));
  const { journalEvents } = z
    .object({ journalEvents: z.array(z.string()) })
    .parse(await load('exposure/lease-journal.js'));
  const effects = new Set([...allowedCommands.map(({ name }) => name), ...journalEvents]);
  const asked = [...effects].filter((effect) => !notInLoad.has(effect));
  return asked.flatMap((effect) => ['before', 'during', 'after'].map((moment) => `${effect}:${moment}`));
}

/** Kills host-lvm and its children under load, starts it again, and looks at what is left. */
export class KillLoop {
  readonly load: HostLoad;
  readonly #random: Random;

  private constructor(
    private readonly host: HostUnderTest,
    private readonly before: HostState,
    private readonly killer: GuestProgram,
    options: KillLoopOptions,
  ) {
    this.load = new HostLoad(host, options.load);
    this.#random = new Random(options.seed);
  }

  /** Of a host whose service is not started, or was ended in order. */
  static async on(host: HostUnderTest, options: KillLoopOptions): Promise<KillLoop> {
    await host.startService(settings);
    // Once around first: what is opened once and kept is no leak.
    await new HostLoad(host, options.load).tour();
    const before = await readHostState(host);
    return new KillLoop(host, before, await host.guest.start(killer, []), options);
  }

  async stop(): Promise<void> {
    this.killer.kill('SIGKILL');
    await this.killer.ended;
  }

  /** The service kills itself at this point of its work, or of its sweep at the start. */
  async atPoint(point: string): Promise<KillVerdict> {
    return await this.#round(`kill -9 of host-lvm at ${point}`, async () => {
      await this.host.endService('SIGKILL');
      const started = this.host.startService({ ...settings, SNAPFLEET_FAILPOINT: `${point}:kill` }).then(
        () => true,
        () => false,
      );
      if (await started) {
        const touring = this.load.tour();
        await Promise.race([
          this.host.service.ended,
          touring.then(() => {
            throw new Error(`host-lvm did not come to ${point}`);
          }),
        ]);
        await this.#startAgain();
        await touring;
      } else await this.#startAgain();
      return 2;
    });
  }

  /** So many children of the service are killed at random while it works on so many calls, and then the service itself. */
  async atRandom({ children: victims, calls }: { children: number; calls: number }): Promise<KillVerdict> {
    return await this.#round('kill -9 at random', async () => {
      const said = (): number => this.killer.output.stdout.split('\n').length;
      const from = said();
      const plans = Array.from({ length: victims }, () => {
        const delay = (this.#random.next() * 1.5).toFixed(3);
        return `${delay} ${this.#random.pick(children)}`;
      });
      const working = this.load.wander(this.#random, calls);
      for (const plan of plans) this.killer.write(`${plan}\n`);
      await waitUntil('all children were killed or missed', () => said() >= from + plans.length, {
        deadlineMs: settleDeadlineMs,
      });
      const again = this.load.wander(this.#random, Math.ceil(calls / 3));
      await new Promise((resolve) => setTimeout(resolve, this.#random.next() * 3_000));
      await this.host.endService('SIGKILL');
      await this.#startAgain();
      await Promise.all([working, again]);
      const answers = this.killer.output.stdout.split('\n').slice(from - 1);
      return 1 + answers.filter((line) => line.startsWith('killed')).length;
    });
  }

  async #startAgain(): Promise<void> {
    await this.host.deliverAgainSoon();
    await this.host.startService(settings);
  }

  async #round(what: string, kill: () => Promise<number>): Promise<KillVerdict> {
    const begun = performance.now();
    const kills = await kill();
    const leaks = await this.#leftovers();
    return { what, kills, milliseconds: Math.round(performance.now() - begun), leaks };
  }

  /** All leases are given back as workers do it; what is left then has some seconds to be swept. */
  async #leftovers(): Promise<string[]> {
    await this.load.concealAll();
    await this.host.settled();
    let leaks: string[] = [];
    await waitUntil(
      'nothing is left',
      async () => {
        leaks = [...leaksOf(this.before, await readHostState(this.host)), ...this.load.wrongData];
        return leaks.length === 0;
      },
      { deadlineMs: settleDeadlineMs, pauseMs: 500 },
    ).catch(() => undefined);
    return leaks;
  }
}
