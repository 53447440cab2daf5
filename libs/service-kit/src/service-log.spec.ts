import { expect, test } from 'vitest';
import { runInContext } from './log-context.js';
import { ServiceLog } from './service-log.js';

function recordingLog(level = 'debug'): { log: ServiceLog; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { log: new ServiceLog({ level, service: 'host-lvm', device: 'edge-1', destination }), lines };
}

test('writes an event with its fields as one JSON line', () => {
  const { log, lines } = recordingLog();
  log.info('volume.exposed', { leaseId: 'l-1' });
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.any(String) as string,
      service: 'host-lvm',
      device: 'edge-1',
      event: 'volume.exposed',
      leaseId: 'l-1',
    },
  ]);
});

test('adds the correlation id of the work that is being done, also after a wait', async () => {
  const { log, lines } = recordingLog();
  await runInContext({ correlationId: 'c-1' }, async () => {
    await Promise.resolve();
    runInContext({ step: 'mount' }, () => {
      log.warn('volume.slow');
    });
  });
  log.info('idle');
  expect(lines[0]).toMatchObject({ correlationId: 'c-1', step: 'mount', event: 'volume.slow', level: 'warn' });
  expect(lines[1]).not.toHaveProperty('correlationId');
});

test('writes what Nest says as the event nest, with its context', () => {
  const { log, lines } = recordingLog();
  log.log('Nest application successfully started', 'NestApplication');
  log.error('Something broke', 'Error: at x', 'Injector');
  expect(lines[0]).toMatchObject({
    event: 'nest',
    message: 'Nest application successfully started',
    context: 'NestApplication',
  });
  expect(lines[1]).toMatchObject({
    level: 'error',
    message: 'Something broke',
    stack: 'Error: at x',
    context: 'Injector',
  });
});

test('takes the event of an object, as the messaging library gives it to Nest', () => {
  const { log, lines } = recordingLog();
  log.log({ event: 'nats.connected', servers: 'x' }, 'messaging');
  expect(lines[0]).toMatchObject({ event: 'nats.connected', servers: 'x', context: 'messaging' });
});

test('writes an error with its code, cause and stack', () => {
  const { log, lines } = recordingLog();
  log.fatal(
    'service.crashed',
    Object.assign(new Error('no disk', { cause: new Error('EIO') }), { code: 'lvm_failed' }),
  );
  expect(lines[0]).toMatchObject({ level: 'fatal', event: 'service.crashed', code: 'lvm_failed', message: 'no disk' });
  expect(lines[0]).toMatchObject({ cause: 'Error: EIO', stack: expect.stringContaining('no disk') as string });
});

test('is silent below its level', () => {
  const { log, lines } = recordingLog('error');
  log.info('quiet');
  expect(lines).toEqual([]);
});
