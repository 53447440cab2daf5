import type {
  Cluster,
  Event,
  KubernetesObject,
  LogicalVolume,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ScalableWorkload,
  StorageClass,
  VolumeSnapshot,
  VolumeSnapshotClass,
  VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import { FakeResource, type FakeWorld } from './fake-resource.js';

/** A cluster in memory for unit tests. Tests play the controllers by functions that run whenever something is awaited. */
export class FakeCluster implements Cluster {
  /** Every write of the code under test, in order. */
  readonly writes: string[] = [];
  /** What the controllers of the cluster do. */
  readonly controllers: (() => void)[] = [];
  servesSnapshots = true;

  readonly claims = this.resource<PersistentVolumeClaim>('PersistentVolumeClaim');
  readonly volumes = this.resource<PersistentVolume>('PersistentVolume');
  readonly pods = this.resource<Pod>('Pod');
  readonly events = this.resource<Event>('Event');
  readonly storageClasses = this.resource<StorageClass>('StorageClass');
  readonly snapshots = this.resource<VolumeSnapshot>('VolumeSnapshot');
  readonly snapshotContents = this.resource<VolumeSnapshotContent>('VolumeSnapshotContent');
  readonly snapshotClasses = this.resource<VolumeSnapshotClass>('VolumeSnapshotClass');
  readonly logicalVolumes = this.resource<LogicalVolume>('LogicalVolume');
  readonly workloads = {
    Deployment: this.resource<ScalableWorkload>('Deployment'),
    StatefulSet: this.resource<ScalableWorkload>('StatefulSet'),
    ReplicaSet: this.resource<ScalableWorkload>('ReplicaSet'),
    ReplicationController: this.resource<ScalableWorkload>('ReplicationController'),
  };

  serves(): Promise<boolean> {
    return Promise.resolve(this.servesSnapshots);
  }

  version(): Promise<string> {
    return Promise.resolve('v1.37.2');
  }

  private written = 0;

  private resource<T extends KubernetesObject>(kind: string): FakeResource<T> {
    const world: FakeWorld = {
      nextVersion: () => String((this.written = this.written + 1)),
      record: (write) => this.writes.push(write),
      settle: () => {
        for (const controller of this.controllers) controller();
      },
    };
    return new FakeResource<T>(kind, world);
  }
}
