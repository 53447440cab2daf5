import { randomBytes } from 'node:crypto';
import { isTerminating, referenceTo, timestamp, type KubeObject } from '../model/kube-object.js';
import type { Objects } from '../store/objects.js';
import { keyOf, type ObjectKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';

const mostEvents = 500;

/** Tells what happens to objects as core/v1 Events; the same thing again is counted. */
export class EventRecorder {
  readonly #recorded = new Map<string, ObjectKey>();

  constructor(
    private readonly objects: Objects,
    private readonly component: string,
  ) {}

  normal(about: KubeObject, reason: string, message: string): void {
    this.#record(about, 'Normal', reason, message);
  }

  warning(about: KubeObject, reason: string, message: string): void {
    this.#record(about, 'Warning', reason, message);
  }

  #record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const namespace = about.metadata.namespace ?? 'default';
    const home = this.objects.get(types.namespaces, { name: namespace });
    if (home === undefined || isTerminating(home)) return;
    const same = [about.metadata.uid, type, reason, message].join('\n');
    const known = this.#recorded.get(same);
    if (known !== undefined && this.objects.get(types.events, known) !== undefined) {
      this.objects.modify(types.events, known, (event) => {
        event.count = (event.count ?? 1) + 1;
        event.lastTimestamp = timestamp();
      });
      return;
    }
    const event = this.objects.create(
      types.events,
      {
        metadata: { name: `${about.metadata.name}.${randomBytes(8).toString('hex')}` },
        involvedObject: referenceTo(about),
        reason,
        message,
        type,
        count: 1,
        firstTimestamp: timestamp(),
        lastTimestamp: timestamp(),
        source: { component: this.component },
        reportingComponent: this.component,
        reportingInstance: '',
      },
      namespace,
    );
    this.#recorded.set(same, keyOf(event));
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#recorded.entries().next().value;
    if (this.#recorded.size <= mostEvents || oldest === undefined) return;
    this.#recorded.delete(oldest[0]);
    this.objects.deleteIfPresent(types.events, oldest[1]);
  }
}
