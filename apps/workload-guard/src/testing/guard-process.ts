import type { Cluster } from '../cluster-access.js';
import { BringBack } from '../bring-back/bring-back.js';
import { Returns } from '../bring-back/returns.js';
import { Watch } from '../bring-back/watch.js';
import type { BootClock } from '../time/boot-clock.js';
import { ArmTimerUseCase } from '../timers/arm-timer.use-case.js';
import { DisarmTimerUseCase } from '../timers/disarm-timer.use-case.js';
import { TimerStore } from '../timers/timer-store.js';
import { Timers } from '../timers/timers.js';

/** Called at each point where a process can be killed; one that is dead never comes back from it. */
export type Point = (name: string) => Promise<void>;

interface Surroundings {
  readonly directory: string;
  readonly clock: BootClock;
  readonly cluster: Cluster;
  readonly longestDowntimeMs?: number;
  readonly point?: Point;
}

/** The guard without its socket, as a process that can be killed before and after each request to the API server. */
export class GuardProcess {
  readonly store: TimerStore;
  readonly timers: Timers;
  readonly watch: Watch;
  readonly arm: ArmTimerUseCase;
  readonly disarm: DisarmTimerUseCase;
  readonly reports: string[] = [];

  constructor({ directory, clock, cluster, longestDowntimeMs = 86_400_000, point }: Surroundings) {
    const seen = point === undefined ? cluster : withPoints(cluster, point);
    const report = (_level: string, event: string): void => {
      this.reports.push(event);
    };
    this.store = TimerStore.open(directory, { lockMs: 0 });
    this.timers = new Timers(this.store, clock, longestDowntimeMs);
    const returns = new Returns(seen, () => clock.now());
    const bringBack = new BringBack(this.timers, seen, returns, clock, report);
    this.watch = new Watch(this.timers, bringBack, clock, report);
    this.arm = new ArmTimerUseCase(this.timers, seen);
    this.disarm = new DisarmTimerUseCase(this.timers, this.watch, clock);
    this.watch.start();
  }

  async stop(): Promise<void> {
    await this.watch.stop();
    this.store.close();
  }
}

function withPoints(cluster: Cluster, point: Point): Cluster {
  const { Deployment } = cluster.workloads;
  return {
    ...cluster,
    pods: pointed(cluster.pods, 'pods', point),
    snapshots: pointed(cluster.snapshots, 'snapshots', point),
    workloads: { ...cluster.workloads, Deployment: pointed(Deployment, 'workloads', point) },
  };
}

/** Each change of the file lies between two of these points, so that they are points before and after it too. */
function pointed<T extends object>(resource: T, name: string, point: Point): T {
  return new Proxy(resource, {
    get: (target, property) => {
      const method: unknown = Reflect.get(target, property);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        await point(`before ${name}.${String(property)}`);
        const answer: unknown = await (Reflect.apply(method, target, given) as Promise<unknown>);
        await point(`after ${name}.${String(property)}`);
        return answer;
      };
    },
  });
}
