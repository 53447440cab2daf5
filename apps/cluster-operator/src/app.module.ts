import {
  Inject,
  Injectable,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { connectToCluster } from '@snapfleet/kubernetes';
import { EventPublisher, MessagingModule } from '@snapfleet/messaging';
import { kubernetesConnection, natsConnection } from '@snapfleet/service-kit';
import { GuardClient, ResumeWorkload, type WorkloadGuard } from '@snapfleet/workloads';
import { ClaimController } from './claim-preflight/claim.controller.js';
import { PreflightClaimUseCase } from './claim-preflight/preflight-claim.use-case.js';
import { clusterAccess, clusterToken, type Cluster } from './cluster-access.js';
import type { ClusterOperatorSettings } from './config.js';
import { RunningSteps } from './marks/running-steps.js';
import { ReleaseFinalizersUseCase } from './finalizer-release/release-finalizers.use-case.js';
import { FindReferencesUseCase } from './orphans/find-references.use-case.js';
import { InventoryClusterUseCase } from './orphans/inventory-cluster.use-case.js';
import { OrphanController } from './orphans/orphan.controller.js';
import { PurgeOrphanUseCase } from './orphans/purge-orphan.use-case.js';
import { RemoveOrReleaseUseCase } from './snapshot-remove/remove-or-release.use-case.js';
import { RemoveSnapshotUseCase } from './snapshot-remove/remove-snapshot.use-case.js';
import { BeginAnnouncer } from './snapshot-take/begin-announcer.js';
import { SnapshotController } from './snapshot-take/snapshot.controller.js';
import { TakeSnapshotUseCase } from './snapshot-take/take-snapshot.use-case.js';
import { RemoveVolumeUseCase } from './volume-remove/remove-volume.use-case.js';
import { AbandonRestoreUseCase } from './volume-restore/abandon-restore.use-case.js';
import { Consumer } from './volume-restore/consumer.js';
import { RestoreVolumeUseCase } from './volume-restore/restore-volume.use-case.js';
import { VolumeController } from './volume-restore/volume.controller.js';
import { GuardController } from './workload-guard/guard.controller.js';
import { ReportGuardUseCase } from './workload-guard/report-guard.use-case.js';
import { HooksController } from './workload-hooks/hooks.controller.js';
import { RunHooksUseCase } from './workload-hooks/run-hooks.use-case.js';
import { QuiesceWorkloadUseCase } from './workload-quiesce/quiesce-workload.use-case.js';
import { ResumeWorkloadUseCase } from './workload-resume/resume-workload.use-case.js';
import { WorkloadController } from './workload/workload.controller.js';

const now = (): Date => new Date();
const finalizerLog = new Logger(ReleaseFinalizersUseCase.name);

/** Closes the connections to the workload guard with the application. */
@Injectable()
class GuardConnection implements OnApplicationShutdown {
  constructor(@Inject(GuardClient) private readonly guard: GuardClient) {}

  onApplicationShutdown(): Promise<void> {
    return this.guard.close();
  }
}

function providers(settings: ClusterOperatorSettings): Provider[] {
  const kubernetes = kubernetesConnection(settings);
  const made = <T>(
    provide: new (...parts: never[]) => T,
    useFactory: (cluster: Cluster, guard: WorkloadGuard) => T,
  ): Provider => ({ provide, useFactory, inject: [clusterToken, GuardClient] });
  return [
    RunningSteps,
    { provide: clusterToken, useFactory: (): Cluster => connectToCluster(clusterAccess, kubernetes) },
    { provide: GuardClient, useFactory: () => new GuardClient(settings.SNAPFLEET_GUARD_SOCKET) },
    GuardConnection,
    made(PreflightClaimUseCase, (cluster, guard) => new PreflightClaimUseCase(cluster, guard)),
    made(QuiesceWorkloadUseCase, (cluster, guard) => new QuiesceWorkloadUseCase(cluster, guard, now)),
    made(ResumeWorkloadUseCase, (cluster, guard) => {
      return new ResumeWorkloadUseCase(new ResumeWorkload(cluster, now), guard);
    }),
    made(ReportGuardUseCase, (_cluster, guard) => new ReportGuardUseCase(guard)),
    made(RemoveOrReleaseUseCase, (cluster) => {
      return new RemoveOrReleaseUseCase(
        new RemoveSnapshotUseCase(cluster),
        new ReleaseFinalizersUseCase(cluster, now, finalizerLog),
      );
    }),
    {
      provide: TakeSnapshotUseCase,
      useFactory: (cluster: Cluster, events: EventPublisher) =>
        new TakeSnapshotUseCase(cluster, new RemoveSnapshotUseCase(cluster), new BeginAnnouncer(events)),
      inject: [clusterToken, EventPublisher],
    },
    made(RestoreVolumeUseCase, (cluster) => {
      return new RestoreVolumeUseCase(cluster, new Consumer(cluster, settings.SNAPFLEET_CONSUMER_IMAGE));
    }),
    {
      provide: AbandonRestoreUseCase,
      useFactory: (cluster: Cluster, steps: RunningSteps) => new AbandonRestoreUseCase(cluster, steps),
      inject: [clusterToken, RunningSteps],
    },
    made(RemoveVolumeUseCase, (cluster) => new RemoveVolumeUseCase(cluster)),
    made(InventoryClusterUseCase, (cluster) => new InventoryClusterUseCase(cluster, now)),
    made(FindReferencesUseCase, (cluster) => new FindReferencesUseCase(cluster, now)),
    {
      provide: PurgeOrphanUseCase,
      useFactory: (cluster: Cluster, removeSnapshot: RemoveOrReleaseUseCase) => {
        const releaseFinalizers = new ReleaseFinalizersUseCase(cluster, now, finalizerLog);
        return new PurgeOrphanUseCase({ cluster, removeSnapshot, releaseFinalizers, now });
      },
      inject: [clusterToken, RemoveOrReleaseUseCase],
    },
    {
      provide: RunHooksUseCase,
      useFactory: (cluster: Cluster, steps: RunningSteps, guard: WorkloadGuard) =>
        new RunHooksUseCase(cluster, steps, guard, now),
      inject: [clusterToken, RunningSteps, GuardClient],
    },
  ];
}

/** Wires the cluster operator; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: ClusterOperatorSettings): DynamicModule {
    return {
      module: AppModule,
      imports: [MessagingModule.forRoot({ party: 'cluster-operator', ...natsConnection(settings) })],
      controllers: [
        ClaimController,
        WorkloadController,
        HooksController,
        GuardController,
        SnapshotController,
        VolumeController,
        OrphanController,
      ],
      providers: providers(settings),
    };
  }
}
