import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { TerminusModule } from '@nestjs/terminus';
import type { Party } from '@snapfleet/contracts';
import type { AddressInfo } from 'node:net';
import { HealthController, readinessToken, type Readiness } from './health.controller.js';
import { runInContext } from './log-context.js';
import { ServiceLog } from './service-log.js';
import type { ServiceSettings } from './settings.js';

const stopDeadlineMs = 30_000;

/** The transport of a service, as far as this library knows it. */
export interface ServiceTransport extends CustomTransportStrategy {
  /** Whether messages are taken, and which parts are well. */
  health(): { readonly ready: boolean; readonly parts: Readonly<Record<string, boolean>> };
  /** Takes no more messages and resolves when the handlers have ended. */
  close(): Promise<void>;
}

/** What a transport may use of its service. */
export interface TransportTools {
  readonly app: Pick<INestApplication, 'get' | 'resolve'>;
  readonly log: ServiceLog;
  readonly runInContext: <T>(context: object, work: () => Promise<T>) => Promise<T>;
}

/** A service that must work while NATS is down, and so neither sends nor takes messages. */
export type MessagelessService = 'workload-guard';

/** What a service is made of. */
export interface ServiceOptions {
  readonly party: Party | MessagelessService;
  readonly module: Type | DynamicModule;
  readonly settings: ServiceSettings;
  /** Absent for a service without messages. */
  readonly createTransport?: (tools: TransportTools) => ServiceTransport;
  /** More parts that must be well for the service to be ready, beside the transport. */
  readonly readiness?: (app: Pick<INestApplication, 'get'>) => Promise<Readonly<Record<string, boolean>>>;
  readonly log?: ServiceLog;
}

/** A service that runs. */
export interface RunningService {
  readonly app: NestExpressApplication;
  /** Where /healthz and /readyz are. */
  readonly httpPort: number;
  /** What SIGTERM does: no more messages, handlers end, modules are destroyed. */
  stop(reason: string): Promise<void>;
}

/**
 * Runs a NestJS service of a device until SIGTERM or SIGINT: JSON log, health and readiness over HTTP, and messages where
 * it has a transport.
 * A whole `main.ts`:
 * ```ts
 * const settings = readSettings(baseSettings, process.env);
 * await runService({
 *   party: 'host-lvm',
 *   module: AppModule.forRoot(settings),
 *   settings,
 *   createTransport: ({ log, runInContext }) =>
 *     new JetStreamServer({ party: 'host-lvm', ...natsConnection(settings), log, runInContext }),
 * });
 * ```
 * Modules get the log by injecting `ServiceLog`.
 * @throws whatever the modules throw while they start
 */
export async function runService(options: ServiceOptions): Promise<RunningService> {
  const { party, settings } = options;
  const level = settings.SNAPFLEET_LOG_LEVEL;
  const log = options.log ?? new ServiceLog({ level, service: party, device: settings.SNAPFLEET_DEVICE });
  const health: { current: Readiness } = { current: () => Promise.resolve({ started: false }) };
  const root = rootModule(options.module, log, () => health.current());
  const nestOptions = { logger: log, abortOnError: false };
  const app = await NestFactory.create<NestExpressApplication>(root, nestOptions);
  await app.init();
  const transport = options.createTransport?.({ app, log, runInContext });
  if (transport !== undefined) app.connectMicroservice({ strategy: transport });
  health.current = async () => ({ ...transport?.health().parts, ...(await options.readiness?.(app)) });
  await app.listen(settings.SNAPFLEET_HTTP_PORT, settings.SNAPFLEET_HTTP_HOST);
  const { port } = app.getHttpServer().address() as AddressInfo;
  await app.startAllMicroservices();
  log.info('service.started', { httpHost: settings.SNAPFLEET_HTTP_HOST, httpPort: port, pid: process.pid });
  const stop = stopper(app, transport, log);
  return { app, httpPort: port, stop };
}

@Module({})
class ServiceRoot {}

@Module({})
class ServiceLogModule {}

/** Makes ServiceLog injectable everywhere, and adds the health endpoints. */
function rootModule(module: Type | DynamicModule, log: ServiceLog, readiness: Readiness): DynamicModule {
  const provideLog: DynamicModule = {
    module: ServiceLogModule,
    global: true,
    providers: [{ provide: ServiceLog, useValue: log }],
    exports: [ServiceLog],
  };
  return {
    module: ServiceRoot,
    imports: [provideLog, TerminusModule.forRoot({ logger: false }), module],
    controllers: [HealthController],
    providers: [{ provide: readinessToken, useValue: readiness }],
  };
}

/** Stops once, on the first signal; a second signal, or the deadline, ends the process at once. */
function stopper(
  app: INestApplication,
  transport: ServiceTransport | undefined,
  log: ServiceLog,
): RunningService['stop'] {
  let stopping: Promise<void> | undefined;
  const stop = (reason: string): Promise<void> => {
    stopping ??= stopOnce(app, transport, log, reason).finally(forget);
    return stopping;
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping !== undefined) process.exit(1);
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    stop(signal).then(
      // What a library left open must not keep the process.
      () => setTimeout(() => process.exit(0), 1_000).unref(),
      (error: unknown) => {
        log.fatal('service.stop-failed', error);
        process.exit(1);
      },
    );
  };
  const onFatal = (error: unknown): void => {
    log.fatal('service.crashed', error);
    process.exit(1);
  };
  const forget = (): void => {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    process.off('uncaughtException', onFatal).off('unhandledRejection', onFatal);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', onFatal).on('unhandledRejection', onFatal);
  return stop;
}

/** The handlers end first: Nest would destroy the modules under them. */
async function stopOnce(
  app: INestApplication,
  transport: ServiceTransport | undefined,
  log: ServiceLog,
  reason: string,
): Promise<void> {
  log.info('service.stopping', { reason });
  await transport?.close();
  await app.close();
  log.info('service.stopped', { reason });
}
