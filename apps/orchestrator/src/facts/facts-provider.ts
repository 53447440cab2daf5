import type { Provider } from '@nestjs/common';
import { NatsLink } from '@snapfleet/messaging';
import { EventRecorder } from '../journal/event-recorder.js';
import { FactPlaceStore } from '../journal/fact-place.store.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { OperationRunner } from '../operations/operation-runner.js';
import { systemClock } from '../operations/system-clock.js';
import { JetStreamEventState } from '../recovery/event-stream-state.js';
import { RecordFactUseCase } from './record-fact.use-case.js';

type Parts = readonly [Journal, OperationStore, RestorePointStore, EventRecorder, OperationRunner, NatsLink];

/** Wires what takes the facts of backup worker and verifier. */
export const factsProvider: Provider = {
  provide: RecordFactUseCase,
  useFactory: (...[journal, operations, restorePoints, events, runner, link]: Parts) =>
    new RecordFactUseCase({
      journal,
      operations,
      restorePoints,
      places: new FactPlaceStore(journal),
      stream: new JetStreamEventState(link),
      events,
      runner,
      now: () => systemClock.now(),
    }),
  inject: [Journal, OperationStore, RestorePointStore, EventRecorder, OperationRunner, NatsLink],
};
