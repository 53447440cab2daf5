import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../support/random.js';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { waitUntil } from '../support/wait-until.js';
import { hostFailpoints, pointsReached } from './host-failpoints.js';
import { HostLoad, type loads } from './host-load.js';
import { leaksOf, readHostState, type HostState } from './host-state.js';
import type { HostUnderTest } from './host-under-test.js';
import { oddGroup } from './volumes.js';

const killChildren = fileURLToPath(new URL('./kill-children', import.meta.url));
const settings = {
  SNAPFLEET_SWEEP_SECONDS: '1',
  SNAPFLEET_VOLUME_GROUPS: `rhel,${oddGroup}`,
};
const settleDeadlineMs = 120_000;
const pointDeadlineMs = 180_000;
/** So many deeds at a time. */
const busyWorkers = 3;
/** One that reaches none of its points in this time is killed from outside. */
const longestLifeMs = 20_000;
/** A start takes some 3 s: a third of these kills come before it is over. */
const longestRandomLifeMs = 8_000;
/** With more, those that come early would be nearly all that are reached. */
const pointsAtATime = 3;
const longestPauseSeconds = 0.5;
const holder = 'cat';
/** Node.js calls its first thread so. */
const watchdog = 'node|MainThread';
const changing = 'lvchange|blkid|nsenter|mount|umount|mknod|unshare|setpriv';
/** Without `lvremove`: it changes what LVM has, and nobody promises anything of one that is killed. */
const any = `lvs|vgs|${changing}`;
const children = [any, any, any, changing, changing, holder, holder, watchdog] as const;

/** What the kills are chosen by, and under which load they come. */
export interface KillLoopOptions {
  readonly seed: number;
  readonly load: (typeof loads)[keyof typeof loads];
}

/** What is killed in one round, in this order; then comes a full look at what is left. */
export interface RoundPlan {
  /** How often the service, at random: at one of some points of its work, or at any time. */
  readonly anywhere?: number;
  /** Once more the service, at this point. What this kill leaves behind one start must put right. */
  readonly point: string;
  /** How many children of the service that was started after that. */
  readonly children?: number;
}

/** What became of one round. */
export interface KillVerdict {
  readonly point: string;
  /** How often the service was killed, and how many of these kills came before it had started. */
  readonly service: number;
  readonly inStart: number;
  readonly children: number;
  readonly milliseconds: number;
  /** Empty: nothing was left. */
  readonly leaks: readonly string[];
}

interface LoopParts {
  readonly host: HostUnderTest;
  readonly points: readonly string[];
  readonly killer: GuestProgram;
  readonly before: HostState;
  readonly load: HostLoad;
  readonly random: Random;
}

/** Kills host-lvm and its children under load, starts it again, and looks at what is left. */
export class KillLoop {
  /** How often it was killed at each point of its work. */
  readonly reached = new Map<string, number>();
  readonly load: HostLoad;
  readonly #random: Random;
  #inStart = 0;
  /** Where its run begins in the log, and whether it has started. */
  #run: { readonly logFrom: number; started: boolean } = { logFrom: 0, started: true };

  private constructor(private readonly parts: LoopParts) {
    this.load = parts.load;
    this.#random = parts.random;
  }

  /** Of a host whose service is not started, or was ended in order. */
  static async on(host: HostUnderTest, options: KillLoopOptions): Promise<KillLoop> {
    const random = new Random(options.seed);
    const load = new HostLoad(host, options.load);
    await load.start();
    await host.startService(settings);
    // Once around first: what is opened once and kept is no leak.
    await load.tour(random);
    await load.endAll();
    const before = await readHostState(host);
    const killer = await host.guest.start(killChildren, []);
    return new KillLoop({ host, points: await hostFailpoints(), killer, before, load, random });
  }

  async stop(): Promise<void> {
    this.parts.killer.kill('SIGKILL');
    await this.parts.killer.ended;
    await this.load.stop();
  }

  async round({ anywhere = 0, point, children: victims = 0 }: RoundPlan): Promise<KillVerdict> {
    const begun = performance.now();
    this.#inStart = 0;
    const children = await this.#underLoad(async (goOn) => {
      await this.#killLater(longestRandomLifeMs / 4);
      for (let kill = 0; kill < anywhere; kill += 1) await this.#killAnywhere();
      goOn(effectOf(point));
      await this.#killAt(point);
      await this.#start();
      return await this.#killChildren(victims);
    });
    const leaks = await this.#leftovers();
    const milliseconds = Math.round(performance.now() - begun);
    return { point, service: anywhere + 2, inStart: this.#inStart, children, milliseconds, leaks };
  }

  /** What kills can have more commands sent, those that lead to an effect. */
  async #underLoad<T>(kill: (goOn: (effect: string) => void) => Promise<T>): Promise<T> {
    const enough = new AbortController();
    const goOn = (effect?: string): Promise<void> => this.load.goOn(this.#random, enough.signal, effect);
    const busy = Array.from({ length: busyWorkers }, () => goOn());
    try {
      return await kill((effect) => busy.push(goOn(effect)));
    } finally {
      enough.abort();
      await Promise.all(busy);
    }
  }

  /** At the first of some points that it comes to, or at any time, also before it has started. */
  async #killAnywhere(): Promise<void> {
    if (this.#random.next() < 0.25) {
      await this.#launch();
      await this.#killLater(longestRandomLifeMs);
      return;
    }
    await this.#launch(Array.from({ length: pointsAtATime }, () => this.#random.pick(this.parts.points)));
    if (!(await this.#endsWithin(longestLifeMs))) await this.parts.host.endService('SIGKILL');
    this.#noteEnd();
  }

  async #killAt(point: string): Promise<void> {
    await this.#launch([point]);
    if (!(await this.#endsWithin(pointDeadlineMs))) throw new Error(`host-lvm did not come to ${point}`);
    this.#noteEnd();
  }

  async #killLater(mostMs: number): Promise<void> {
    const { host } = this.parts;
    if (await this.#endsWithin(this.#random.next() * mostMs))
      throw new Error(`host-lvm ended by itself:\n${host.log.slice(-20).join('\n')}`);
    await host.endService('SIGKILL');
    this.#noteEnd();
  }

  async #launch(points: readonly string[] = []): Promise<void> {
    const { host } = this.parts;
    await host.deliverAgainSoon();
    const failpoint = points.map((point) => `${point}:kill`).join(',');
    const run = { logFrom: host.log.length, started: false };
    const { started } = await host.launchService({
      ...settings,
      ...(points.length === 0 ? {} : { SNAPFLEET_FAILPOINT: failpoint }),
    });
    this.#run = run;
    started.then(
      () => (run.started = true),
      () => undefined,
    );
  }

  async #start(): Promise<void> {
    await this.parts.host.deliverAgainSoon();
    await this.parts.host.startService(settings);
    this.#run = { logFrom: this.parts.host.log.length, started: true };
  }

  async #endsWithin(milliseconds: number): Promise<boolean> {
    const late = new AbortController();
    const ended = this.parts.host.service.ended.then(() => true);
    const passed = wait(milliseconds, false, { signal: late.signal });
    passed.catch(() => undefined);
    return await Promise.race([ended, passed]).finally(() => {
      late.abort();
    });
  }

  #noteEnd(): void {
    if (!this.#run.started) this.#inStart += 1;
    for (const point of pointsReached(this.parts.host.log.slice(this.#run.logFrom)))
      this.reached.set(point, (this.reached.get(point) ?? 0) + 1);
  }

  /** Each is killed as soon as there is one, while the service works; how many were there. */
  async #killChildren(victims: number): Promise<number> {
    const { host, killer } = this.parts;
    const said = (): readonly string[] => killer.output.stdout.split('\n');
    const from = said().length;
    for (let victim = 0; victim < victims; victim += 1) {
      const delay = (this.#random.next() * longestPauseSeconds).toFixed(3);
      killer.write(`${String(host.service.pid)} ${delay} ${this.#random.pick(children)}\n`);
    }
    await waitUntil('all children were killed or missed', () => said().length >= from + victims, {
      deadlineMs: settleDeadlineMs,
    });
    return said().filter((line, index) => index >= from - 1 && line.startsWith('killed')).length;
  }

  /** All leases are given back as workers do it; what is left then has some seconds to be swept. */
  async #leftovers(): Promise<string[]> {
    const { host, before } = this.parts;
    // What was given up by its caller may still be under way.
    await host.settled();
    await this.load.endAll();
    await host.settled();
    let leaks: string[] = [];
    await waitUntil(
      'nothing is left',
      async () => {
        leaks = [...leaksOf(before, await readHostState(host)), ...this.load.wrongData];
        return leaks.length === 0;
      },
      { deadlineMs: settleDeadlineMs, pauseMs: 500 },
    ).catch(() => undefined);
    return leaks;
  }
}

const effectOf = (point: string): string => point.slice(0, point.lastIndexOf(':'));
