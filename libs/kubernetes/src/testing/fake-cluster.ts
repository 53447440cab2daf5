import type { Access } from '../api/access-review.js';
import type { Cluster } from '../cluster.js';
import type { Event } from '../objects/event.js';
import type { HorizontalPodAutoscaler } from '../objects/horizontal-pod-autoscaler.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import type { ScalableWorkload } from '../objects/scalable-workload.js';
import type { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from '../objects/volume-snapshot.js';
import type { LogicalVolume, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../objects/volume.js';
import { FakePods } from './fake-pods.js';
import { FakeResource, type FakeWorld } from './fake-resource.js';

/** A cluster in memory for unit tests. Tests play the controllers by functions that run whenever something is awaited. */
export class FakeCluster implements Cluster {
  /** Every write of the code under test, in order. */
  readonly writes: string[] = [];
  /** What the controllers of the cluster do. */
  readonly controllers: (() => void)[] = [];
  servesSnapshots = true;
  /** What the API server does not allow, as `verb resource/subresource`. */
  readonly forbidden = new Set<string>();

  readonly claims = this.resource<PersistentVolumeClaim>('PersistentVolumeClaim');
  readonly volumes = this.resource<PersistentVolume>('PersistentVolume');
  readonly pods = new FakePods('Pod', this.world());
  readonly events = this.resource<Event>('Event');
  readonly autoscalers = this.resource<HorizontalPodAutoscaler>('HorizontalPodAutoscaler');
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

  allows({ verb, resource, subresource = '' }: Access): Promise<boolean> {
    return Promise.resolve(!this.forbidden.has(`${verb} ${resource}/${subresource}`));
  }

  private written = 0;

  private resource<T extends KubernetesObject>(kind: string): FakeResource<T> {
    return new FakeResource<T>(kind, this.world());
  }

  private world(): FakeWorld {
    return {
      nextVersion: () => String((this.written = this.written + 1)),
      record: (write) => this.writes.push(write),
      settle: () => {
        for (const controller of this.controllers) controller();
      },
    };
  }
}
