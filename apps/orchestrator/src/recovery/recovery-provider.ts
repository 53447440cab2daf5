import type { Provider } from '@nestjs/common';
import { NatsLink } from '@snapfleet/messaging';
import type { OrchestratorSettings } from '../config.js';
import { RecordFactUseCase } from '../facts/record-fact.use-case.js';
import { EventRecorder } from '../journal/event-recorder.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { systemClock } from '../operations/system-clock.js';
import { reportTo } from '../report.js';
import { AskAgain } from './ask-again.use-case.js';
import { DeclareLost } from './declare-lost.use-case.js';
import { JetStreamEventState } from './event-stream-state.js';
import { JetStreamTopology } from './jetstream-topology.js';
import { Recovery } from './recovery.js';
import { TellHistory } from './tell-history.use-case.js';

type Stores = readonly [Journal, OperationStore, RestorePointStore, Outbox, EventRecorder, NatsLink, RecordFactUseCase];

/** Wires what tells lost events again and asks again for work that nobody has answered for. */
export const recoveryProvider = (settings: OrchestratorSettings): Provider => ({
  provide: Recovery,
  useFactory: (...[journal, operations, restorePoints, outbox, events, link, facts]: Stores) => {
    const report = reportTo('recovery');
    const now = (): Date => systemClock.now();
    const shared = { journal, outbox, events, now, report, stream: new JetStreamEventState(link) };
    return new Recovery({
      declarations: new DeclareLost({ topology: new JetStreamTopology(link), report }),
      history: new TellHistory(shared),
      work: new AskAgain({ ...shared, operations, restorePoints, facts }),
      clock: systemClock,
      everyMs: settings.SNAPFLEET_RECOVERY_SECONDS * 1000,
      report,
    });
  },
  inject: [Journal, OperationStore, RestorePointStore, Outbox, EventRecorder, NatsLink, RecordFactUseCase],
});
