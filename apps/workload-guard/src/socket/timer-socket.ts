import { Module, type DynamicModule, type LoggerService, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Watch } from '../bring-back/watch.js';
import type { Report } from '../bring-back/bring-back.js';
import { ArmTimerUseCase } from '../timers/arm-timer.use-case.js';
import { DisarmTimerUseCase } from '../timers/disarm-timer.use-case.js';
import { Timers } from '../timers/timers.js';
import { ErrorAnswerFilter } from './error-answer.filter.js';
import { HooksController } from './hooks.controller.js';
import { TimersController } from './timers.controller.js';

/** Others than this user and its group may not connect (unix(7): connecting takes the right to write to the socket). */
const othersNothing = 0o007;
/** Whoever may write into the directory could put a socket of its own there. */
const ownDirectory = 0o750;
/** The API server takes objects of at most 1.5 MiB (etcd), so no saved Pod is larger; hooks come in a message of at most 1 MiB. */
const largestBody = '2mb';

@Module({})
class TimerSocketModule {
  static with(providers: Provider[]): DynamicModule {
    return { module: TimerSocketModule, controllers: [TimersController, HooksController], providers };
  }
}

/** What is served over the socket, and where its failures are told. */
export interface SocketParts {
  readonly timers: Timers;
  readonly watch: Watch;
  readonly armTimer: ArmTimerUseCase;
  readonly disarmTimer: DisarmTimerUseCase;
  readonly logger: LoggerService;
  readonly report: Report;
}

/** The unix socket on which timers are armed and disarmed: an application of its own, so that nothing else is served there. */
export class TimerSocket {
  #app: NestExpressApplication | undefined;
  listening = false;

  constructor(
    private readonly path: string,
    private readonly parts: SocketParts,
  ) {}

  /** @throws Error when another process listens there */
  async open(): Promise<void> {
    const { timers, watch, armTimer, disarmTimer, logger, report } = this.parts;
    process.umask(othersNothing);
    mkdirSync(dirname(this.path), { recursive: true, mode: ownDirectory });
    await removeStaleSocket(this.path);
    const root = TimerSocketModule.with([
      { provide: Timers, useValue: timers },
      { provide: Watch, useValue: watch },
      { provide: ArmTimerUseCase, useValue: armTimer },
      { provide: DisarmTimerUseCase, useValue: disarmTimer },
    ]);
    const options = { logger, abortOnError: false, bodyParser: false, forceCloseConnections: true };
    this.#app = await NestFactory.create<NestExpressApplication>(root, options);
    this.#app.useBodyParser('json', { limit: largestBody });
    this.#app.useGlobalFilters(new ErrorAnswerFilter(report));
    await this.#app.listen(this.path);
    this.listening = true;
  }

  async close(): Promise<void> {
    this.listening = false;
    await this.#app?.close();
  }
}

/** A process that was killed leaves its socket, and nobody can listen on it again before it is removed. */
async function removeStaleSocket(path: string): Promise<void> {
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => {
      resolve(false);
    });
  });
  if (answered) throw new Error(`another process listens at ${path}: workload-guard runs once on a device`);
  rmSync(path, { force: true });
}
