import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { connectToCluster } from '@snapfleet/kubernetes';
import { ServiceLog, kubernetesConnection } from '@snapfleet/service-kit';
import { BringBack, type Report } from './bring-back/bring-back.js';
import { Returns } from './bring-back/returns.js';
import { Watch } from './bring-back/watch.js';
import { clusterAccess, clusterToken, type Cluster } from './cluster-access.js';
import type { WorkloadGuardSettings } from './config.js';
import { GuardLifetime } from './guard-lifetime.js';
import { AdoptMarkedUseCase } from './rounds/adopt-marked.use-case.js';
import { DisarmResumedUseCase } from './rounds/disarm-resumed.use-case.js';
import { Rounds } from './rounds/rounds.js';
import { TimerSocket } from './socket/timer-socket.js';
import { SystemBootClock } from './time/system-boot-clock.js';
import { ArmTimerUseCase } from './timers/arm-timer.use-case.js';
import { DisarmTimerUseCase } from './timers/disarm-timer.use-case.js';
import { TimerStore } from './timers/timer-store.js';
import { Timers } from './timers/timers.js';

const second = 1000;
const clock = new SystemBootClock();

const reportTo =
  (log: ServiceLog): Report =>
  (level, event, fields) => {
    log[level](event, fields);
  };

/** The next start puts the file aside, and takes the marked workloads on again; this process could only repeat its error. */
const endProcess =
  (log: ServiceLog) =>
  (error: unknown): void => {
    log.fatal('timers.damaged', error);
    process.exit(1);
  };

function providers(settings: WorkloadGuardSettings): Provider[] {
  const kubernetes = kubernetesConnection(settings);
  const longestMs = settings.SNAPFLEET_LONGEST_DOWNTIME_SECONDS * second;
  const everyMs = settings.SNAPFLEET_ROUND_SECONDS * second;
  return [
    { provide: clusterToken, useFactory: (): Cluster => connectToCluster(clusterAccess, kubernetes) },
    {
      provide: TimerStore,
      useFactory: (log: ServiceLog) => TimerStore.open(settings.SNAPFLEET_STATE_DIR, { onDamage: endProcess(log) }),
      inject: [ServiceLog],
    },
    { provide: Timers, useFactory: (store: TimerStore) => new Timers(store, clock, longestMs), inject: [TimerStore] },
    {
      provide: Watch,
      useFactory: (timers: Timers, cluster: Cluster, log: ServiceLog) => {
        const returns = new Returns(cluster, () => clock.now());
        const bringBack = new BringBack(timers, cluster, returns, clock, reportTo(log));
        return new Watch(timers, bringBack, clock, reportTo(log));
      },
      inject: [Timers, clusterToken, ServiceLog],
    },
    {
      provide: Rounds,
      useFactory: (timers: Timers, cluster: Cluster, watch: Watch, log: ServiceLog) => {
        const report = reportTo(log);
        const adoptMarked = new AdoptMarkedUseCase(timers, cluster, clock, report);
        const disarmResumed = new DisarmResumedUseCase(timers, cluster, report);
        const onAdopted = (): void => {
          watch.notify();
        };
        return new Rounds(adoptMarked, disarmResumed, { clock, everyMs, onAdopted, report });
      },
      inject: [Timers, clusterToken, Watch, ServiceLog],
    },
    {
      provide: TimerSocket,
      useFactory: (timers: Timers, cluster: Cluster, watch: Watch, log: ServiceLog) => {
        const armTimer = new ArmTimerUseCase(timers, cluster);
        const disarmTimer = new DisarmTimerUseCase(timers, watch, clock);
        const parts = { timers, watch, armTimer, disarmTimer, logger: log, report: reportTo(log) };
        return new TimerSocket(settings.SNAPFLEET_GUARD_SOCKET, parts);
      },
      inject: [Timers, clusterToken, Watch, ServiceLog],
    },
    {
      provide: GuardLifetime,
      useFactory: (store: TimerStore, watch: Watch, rounds: Rounds, socket: TimerSocket, log: ServiceLog) =>
        new GuardLifetime(store, watch, rounds, socket, log),
      inject: [TimerStore, Watch, Rounds, TimerSocket, ServiceLog],
    },
  ];
}

/** Wires the workload guard; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: WorkloadGuardSettings): DynamicModule {
    return { module: AppModule, providers: providers(settings) };
  }
}
