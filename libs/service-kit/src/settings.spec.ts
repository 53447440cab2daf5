import { expect, test } from 'vitest';
import { z } from 'zod';
import { baseSettings, natsConnection, readSettings } from './settings.js';

test('reads the settings and fills in what has a default', () => {
  expect(readSettings(baseSettings, { SNAPFLEET_DEVICE: 'edge-1', SNAPFLEET_HTTP_PORT: '8080', OTHER: 'x' })).toEqual({
    SNAPFLEET_DEVICE: 'edge-1',
    SNAPFLEET_NATS_URL: 'nats://127.0.0.1:4222',
    SNAPFLEET_HTTP_HOST: '127.0.0.1',
    SNAPFLEET_HTTP_PORT: 8080,
    SNAPFLEET_LOG_LEVEL: 'info',
  });
});

test('names each wrong variable and the rule that it breaks', () => {
  const environment = { SNAPFLEET_DEVICE: 'Edge 1', SNAPFLEET_NATS_URL: 'http://nats' };
  expect(() => readSettings(baseSettings, environment)).toThrow(
    /SNAPFLEET_DEVICE: must be 1 to 63 .*; SNAPFLEET_NATS_URL: must be nats:\/\/host:port/,
  );
});

test('says that a variable must be set, also when it is empty', () => {
  expect(() => readSettings(baseSettings, { SNAPFLEET_DEVICE: '' })).toThrow('SNAPFLEET_DEVICE: must be set');
});

test('never tells the value of a wrong variable, which may be a secret', () => {
  const settings = z.object({ SECRET: z.string().regex(/^[0-9]+$/, 'must be digits') });
  expect(() => readSettings(settings, { SECRET: 'hunter2' })).toThrow(/^Wrong settings\. SECRET: must be digits$/);
});

test('gives the messaging library its servers and token', () => {
  const settings = readSettings(baseSettings, {
    SNAPFLEET_DEVICE: 'edge-1',
    SNAPFLEET_NATS_URL: 'nats://a:4222,nats://b:4222',
    SNAPFLEET_NATS_TOKEN: 't',
  });
  expect(natsConnection(settings)).toEqual({
    device: 'edge-1',
    servers: ['nats://a:4222', 'nats://b:4222'],
    token: 't',
  });
});

test.each([
  [
    'with a seed file that is not there',
    { SNAPFLEET_NATS_NKEY_SEED_FILE: '/nowhere/seed' },
    'SNAPFLEET_NATS_NKEY_SEED_FILE',
  ],
  [
    'with an authority that is not there',
    { SNAPFLEET_NATS_URL: 'tls://127.0.0.1:4222', SNAPFLEET_NATS_CA_FILE: '/nowhere/ca.pem' },
    'SNAPFLEET_NATS_CA_FILE',
  ],
  [
    'with an authority for a server without TLS',
    { SNAPFLEET_NATS_CA_FILE: '/nowhere/ca.pem' },
    'SNAPFLEET_NATS_CA_FILE',
  ],
])('a service %s does not start', (_title, environment, setting) => {
  const settings = readSettings(baseSettings, { SNAPFLEET_DEVICE: 'edge-1', ...environment });
  expect(() => natsConnection(settings)).toThrow(setting);
});

test('a password in the address is refused without being told', () => {
  const environment = { SNAPFLEET_DEVICE: 'edge-1', SNAPFLEET_NATS_URL: 'nats://me:hunter2@127.0.0.1:4222' };
  expect(() => readSettings(baseSettings, environment)).toThrow(/^(?!.*hunter2).*without user or password/);
});
