import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readNkeySeed } from './nkey-seed.js';
import { baseSettings, natsConnection, readSettings } from './settings.js';

const directory = mkdtempSync(join(tmpdir(), 'snapfleet-seed-'));
const seed = `SU${'A2'.repeat(28)}`;

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  return path;
}

test('a seed is read from a file of its own user', () => {
  expect(new TextDecoder().decode(readNkeySeed(file('good', `${seed}\n`, 0o600)))).toBe(seed);
});

test('a seed that others may read, that is none or that is not there is refused, without telling it', () => {
  expect(() => readNkeySeed(file('open', seed, 0o640))).toThrow(/open: must not be readable by others/);
  expect(() => readNkeySeed(join(directory, 'absent'))).toThrow(/absent: cannot be read \(ENOENT\)/);
  const message = (() => {
    try {
      readNkeySeed(file('other', `X${seed}`, 0o600));
    } catch (thrown) {
      return String(thrown);
    }
    return '';
  })();
  expect(message).toMatch(/other: must be the seed of a user nkey/);
  expect(message).not.toContain(seed);
});

test('a service with a wrong seed file does not start', () => {
  const settings = readSettings(baseSettings, {
    SNAPFLEET_DEVICE: 'edge-1',
    SNAPFLEET_NATS_NKEY_SEED_FILE: join(directory, 'nowhere'),
  });
  expect(() => natsConnection(settings)).toThrow('SNAPFLEET_NATS_NKEY_SEED_FILE');
});
