import { createProgramRunner } from '@snapfleet/process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf } from '../privileged/process-identity.js';
import { takeStateDirectory } from './state-directory.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-state-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('the state directory', () => {
  it('belongs to one process while that lives, and to the next one afterwards', async () => {
    const other = await createProgramRunner({ allowed: ['cat'] }).start('cat', []);
    await writeFile(join(directory, 'owner.json'), JSON.stringify(identityOf(other.pid)));
    await expect(takeStateDirectory(directory)).rejects.toThrow('host-lvm runs once on a host');
    await other.stop();
    await takeStateDirectory(directory);
  });

  it('is taken when it is new, or its owner was written in part', async () => {
    await takeStateDirectory(join(directory, 'new', 'one'));
    await writeFile(join(directory, 'owner.json'), '{"bootId":');
    await takeStateDirectory(directory);
  });
});
