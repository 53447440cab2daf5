import type { Controller } from '../controllers/controller.js';
import { annotate } from '../model/kube-object.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';
import type { ThinPool } from './thin-pool.js';

/** Keeps the annotations with which topolvm-node tells how much each device class may still promise. */
export class NodeCapacityController implements Controller {
  readonly name = 'topolvm-capacity';

  constructor(
    private readonly objects: Objects,
    private readonly pool: ThinPool,
    private readonly nodeName: string,
  ) {}

  keysFor({ type }: StoreEvent): readonly string[] {
    return type === types.logicalVolumes || type === types.nodes ? [this.nodeName] : [];
  }

  reconcile(name: string): void {
    this.objects.modifyIfPresent(types.nodes, { name }, (node) => {
      for (const [index, deviceClass] of this.pool.classes.entries()) {
        const free = String(this.pool.freeBytes(deviceClass));
        annotate(node, `capacity.topolvm.io/${deviceClass.name}`, free);
        if (index === 0) annotate(node, 'capacity.topolvm.io/00default', free);
      }
    });
  }
}
