import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startRealDevice } from '../support/real-device/real-device.js';

/** Processes whose command line names the directory. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const commandLine = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return commandLine.includes(directory) ? [commandLine] : [];
    } catch {
      return [];
    }
  });
}

test('a device that cannot start says why and stops all that did start', async () => {
  const workDirectory = mkdtempSync(join(tmpdir(), 'snapfleet-start-'));
  onTestFinished(() => {
    rmSync(workDirectory, { recursive: true });
  });
  await expect(startRealDevice({ workDirectory, diskSize: '1M' })).rejects.toThrow(/pvcreate/);
  expect(readdirSync(workDirectory)).toContain('kube-apiserver.log');
  expect(processesOf(workDirectory)).toEqual([]);
});
