import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { readNkeySeed } from './nkey-seed.js';

const directory = mkdtempSync(join(tmpdir(), 'snapfleet-seed-'));
const seed = `SU${'A2'.repeat(28)}`;
const read = (path: string): string => new TextDecoder().decode(readNkeySeed(path, 'SEED_FILE'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('a seed is read from a file of its own user', () => {
  expect(read(file('good', `${seed}\n`, 0o600))).toBe(seed);
});

test('a seed that others may read, that is none or that is not there is refused, without telling it', () => {
  expect(() => read(file('group', seed, 0o640))).toThrow(/^SEED_FILE .*group: must not be readable by others/);
  expect(() => read(file('all', seed, 0o604))).toThrow(/all: must not be readable by others/);
  expect(() => read(join(directory, 'absent'))).toThrow(/absent: cannot be read: ENOENT/);
  const message = (() => {
    try {
      read(file('other', `X${seed}`, 0o600));
    } catch (thrown) {
      return String(thrown);
    }
    return '';
  })();
  expect(message).toMatch(/other: must be the seed of a user nkey/);
  expect(message).not.toContain(seed);
});

test('in the credentials of its unit a seed may have the mask of an access control list, and no more', () => {
  vi.stubEnv('CREDENTIALS_DIRECTORY', directory);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  expect(read(file('credential', seed, 0o440))).toBe(seed);
  expect(() => read(file('open', seed, 0o444))).toThrow(/open: must not be readable by others/);
});
