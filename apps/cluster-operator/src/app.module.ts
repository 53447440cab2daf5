import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { connectToCluster } from '@snapfleet/kubernetes';
import { MessagingModule } from '@snapfleet/messaging';
import { natsConnection } from '@snapfleet/service-kit';
import { ClaimController } from './claim-preflight/claim.controller.js';
import { PreflightClaimUseCase } from './claim-preflight/preflight-claim.use-case.js';
import { clusterAccess, clusterToken, type Cluster } from './cluster-access.js';
import type { ClusterOperatorSettings } from './config.js';
import { RunningSteps } from './marks/running-steps.js';
import { ReleaseFinalizersUseCase } from './finalizer-release/release-finalizers.use-case.js';
import { RemoveOrReleaseUseCase } from './snapshot-remove/remove-or-release.use-case.js';
import { RemoveSnapshotUseCase } from './snapshot-remove/remove-snapshot.use-case.js';
import { SnapshotController } from './snapshot-take/snapshot.controller.js';
import { TakeSnapshotUseCase } from './snapshot-take/take-snapshot.use-case.js';
import { RemoveVolumeUseCase } from './volume-remove/remove-volume.use-case.js';
import { Consumer } from './volume-restore/consumer.js';
import { RestoreVolumeUseCase } from './volume-restore/restore-volume.use-case.js';
import { VolumeController } from './volume-restore/volume.controller.js';
import { QuiesceWorkloadUseCase } from './workload-quiesce/quiesce-workload.use-case.js';
import { ResumeWorkloadUseCase } from './workload-resume/resume-workload.use-case.js';
import { WorkloadController } from './workload/workload.controller.js';

const now = (): Date => new Date();

function providers(settings: ClusterOperatorSettings): Provider[] {
  const requestDeadlineMs = settings.SNAPFLEET_KUBERNETES_REQUEST_SECONDS * 1000;
  const kubernetes = { kubeconfig: settings.SNAPFLEET_KUBECONFIG, requestDeadlineMs };
  const made = <T>(provide: new (...parts: never[]) => T, useFactory: (cluster: Cluster) => T): Provider => ({
    provide,
    useFactory,
    inject: [clusterToken],
  });
  return [
    RunningSteps,
    { provide: clusterToken, useFactory: (): Cluster => connectToCluster(clusterAccess, kubernetes) },
    made(PreflightClaimUseCase, (cluster) => new PreflightClaimUseCase(cluster)),
    made(QuiesceWorkloadUseCase, (cluster) => new QuiesceWorkloadUseCase(cluster, now)),
    made(ResumeWorkloadUseCase, (cluster) => new ResumeWorkloadUseCase(cluster, now)),
    made(RemoveOrReleaseUseCase, (cluster) => {
      return new RemoveOrReleaseUseCase(new RemoveSnapshotUseCase(cluster), new ReleaseFinalizersUseCase(cluster, now));
    }),
    made(TakeSnapshotUseCase, (cluster) => new TakeSnapshotUseCase(cluster, new RemoveSnapshotUseCase(cluster))),
    made(RestoreVolumeUseCase, (cluster) => {
      return new RestoreVolumeUseCase(cluster, new Consumer(cluster, settings.SNAPFLEET_CONSUMER_IMAGE));
    }),
    made(RemoveVolumeUseCase, (cluster) => new RemoveVolumeUseCase(cluster)),
  ];
}

/** Wires the cluster operator; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: ClusterOperatorSettings): DynamicModule {
    return {
      module: AppModule,
      imports: [MessagingModule.forRoot({ party: 'cluster-operator', ...natsConnection(settings) })],
      controllers: [ClaimController, WorkloadController, SnapshotController, VolumeController],
      providers: providers(settings),
    };
  }
}
