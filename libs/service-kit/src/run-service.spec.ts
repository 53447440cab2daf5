import { Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { DeviceId } from '@snapfleet/contracts';
import { afterEach, expect, test } from 'vitest';
import { runService, type RunningService, type ServiceOptions, type ServiceTransport } from './run-service.js';
import { ServiceLog } from './service-log.js';
import { baseSettings, serviceSettings } from './settings.js';

const order: string[] = [];

@Injectable()
class Worker implements OnModuleDestroy {
  constructor(@Inject(ServiceLog) readonly log: ServiceLog) {}
  onModuleDestroy(): void {
    order.push('module destroyed');
  }
}

@Module({ providers: [Worker] })
class AppModule {}

/** A transport that is ready when the test says so. */
class FakeTransport implements ServiceTransport {
  ready = false;
  listen(callback: () => void): void {
    callback();
  }
  addHandler(): void {
    order.push('handler added');
  }
  close(): Promise<void> {
    if (!order.includes('transport closed')) order.push('transport closed');
    return Promise.resolve();
  }
  health(): { ready: boolean; parts: Record<string, boolean> } {
    return { ready: this.ready, parts: { connection: true, 'EVT/backup-worker': this.ready } };
  }
}

const running: RunningService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop('test ended')));
  order.length = 0;
});

async function start(transport: ServiceTransport, more: Partial<ServiceOptions> = {}): Promise<RunningService> {
  const settings = baseSettings.parse({ SNAPFLEET_DEVICE: DeviceId.parse('edge-1'), SNAPFLEET_LOG_LEVEL: 'silent' });
  const service = await runService({
    party: 'backup-worker',
    module: AppModule,
    settings,
    createTransport: () => transport,
    ...more,
  });
  running.push(service);
  return service;
}

const get = (service: RunningService, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${String(service.httpPort)}${path}`);

test('is alive as soon as it runs, and ready when the transport takes messages', async () => {
  const transport = new FakeTransport();
  const service = await start(transport);
  expect((await get(service, '/healthz')).status).toBe(200);
  const notReady = await get(service, '/readyz');
  expect(notReady.status).toBe(503);
  expect(await notReady.json()).toMatchObject({ error: { 'EVT/backup-worker': { status: 'down' } } });
  transport.ready = true;
  expect((await get(service, '/readyz')).status).toBe(200);
});

test('asks the application too whether it is ready', async () => {
  const transport = new FakeTransport();
  transport.ready = true;
  const service = await start(transport, { readiness: () => Promise.resolve({ kubernetes: false }) });
  expect(await (await get(service, '/readyz')).json()).toMatchObject({ error: { kubernetes: { status: 'down' } } });
});

test('listens on the loopback address only', async () => {
  const service = await start(new FakeTransport());
  expect(service.app.getHttpServer().address()).toMatchObject({ address: '127.0.0.1' });
});

test('ends the handlers before the modules that they use', async () => {
  const service = await start(new FakeTransport());
  await service.stop('test');
  expect(order).toEqual(['transport closed', 'module destroyed']);
  await expect(get(service, '/healthz')).rejects.toThrow();
});

test('runs without messages too, and is then ready when its application is', async () => {
  const settings = serviceSettings.parse({ SNAPFLEET_DEVICE: 'edge-1', SNAPFLEET_LOG_LEVEL: 'silent' });
  let well = false;
  const readiness = () => Promise.resolve({ kubernetes: well });
  const service = await runService({ party: 'workload-guard', module: AppModule, settings, readiness });
  running.push(service);
  expect((await get(service, '/healthz')).status).toBe(200);
  expect((await get(service, '/readyz')).status).toBe(503);
  well = true;
  expect((await get(service, '/readyz')).status).toBe(200);
  await service.stop('test');
  expect(order).toEqual(['module destroyed']);
});

test('leaves no signal handlers behind', async () => {
  const before = process.listenerCount('SIGTERM');
  const service = await start(new FakeTransport());
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  await service.stop('test');
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test('gives the log to every module', async () => {
  const service = await start(new FakeTransport());
  expect(service.app.get(Worker).log).toBeInstanceOf(ServiceLog);
});
