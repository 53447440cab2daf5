import type { Controller } from './controllers/controller.js';
import { DeploymentController } from './controllers/deployment.controller.js';
import { EventRecorder } from './controllers/event-recorder.js';
import { GarbageCollectorController } from './controllers/garbage-collector.controller.js';
import { KubeletController } from './controllers/kubelet.controller.js';
import { NamespaceController } from './controllers/namespace.controller.js';
import { ReplicasController } from './controllers/replicas.controller.js';
import { SchedulerController } from './controllers/scheduler.controller.js';
import { StatefulSetController } from './controllers/stateful-set.controller.js';
import { SnapshotContentController } from './snapshots/snapshot-content.controller.js';
import { SnapshotDeletion } from './snapshots/snapshot-deletion.js';
import { SnapshotController } from './snapshots/snapshot.controller.js';
import { ClaimController } from './storage/claim.controller.js';
import { LogicalVolumeController } from './storage/logical-volume.controller.js';
import { LogicalVolumes } from './storage/logical-volumes.js';
import { NodeCapacityController } from './storage/node-capacity.controller.js';
import { ClaimProtectionController } from './storage/protection.controller.js';
import { ResizeController } from './storage/resize.controller.js';
import type { ThinPool } from './storage/thin-pool.js';
import { VolumeReclaimController } from './storage/volume-reclaim.controller.js';
import type { Objects } from './store/objects.js';
import { types } from './store/resource-types.js';

/** Everything that acts on the objects of a device: what Kubernetes, TopoLVM and external-snapshotter do on a real one. */
export function deviceControllers(objects: Objects, pool: ThinPool, nodeName: string): readonly Controller[] {
  const events = (component: string): EventRecorder => new EventRecorder(objects, component);
  const logicalVolumes = new LogicalVolumes(objects, pool, nodeName);
  const snapshotEvents = events('snapshot-controller');
  const deletion = new SnapshotDeletion(objects, snapshotEvents);
  return [
    new NamespaceController(objects),
    new GarbageCollectorController(objects),
    new DeploymentController(objects, events('deployment-controller')),
    new ReplicasController(objects, events('replicaset-controller'), types.replicaSets),
    new ReplicasController(objects, events('replication-controller'), types.replicationControllers),
    new StatefulSetController(objects, events('statefulset-controller')),
    new SchedulerController(objects, events('default-scheduler'), nodeName),
    new KubeletController(objects, events('kubelet'), nodeName),
    new ClaimController(objects, events('topolvm.io'), logicalVolumes, nodeName),
    new ClaimProtectionController(objects),
    new VolumeReclaimController(objects, logicalVolumes),
    new ResizeController(objects, events('external-resizer topolvm.io'), logicalVolumes),
    new LogicalVolumeController(objects, pool),
    new NodeCapacityController(objects, pool, nodeName),
    new SnapshotController(objects, snapshotEvents, deletion),
    new SnapshotContentController(objects, events('snapshotter topolvm.io'), logicalVolumes),
  ];
}
