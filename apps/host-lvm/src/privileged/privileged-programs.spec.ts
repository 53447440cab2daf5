import { VolumeHandle } from '@snapfleet/contracts';
import { volumesOfHandle } from '@snapfleet/lvm';
import { ProgramError, type ProgramResult, type ProgramRunner } from '@snapfleet/process';
import { describe, expect, it } from 'vitest';
import type { AllowedProgram } from './allowed-commands.js';
import { HangingCommands } from './hanging-commands.js';
import { createPrivilegedPrograms } from './privileged-programs.js';

const find = volumesOfHandle(VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87'));
const probe = (device: string): string[] => [
  ...['--probe', '--output', 'value', '--match-tag', 'TYPE', '--usages', 'filesystem', `/dev/mapper/${device}`],
];
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A runner whose programs are over their deadline at once, and end when the test says so. */
function hangingPrograms() {
  const started: { readonly program: string; readonly end: () => void }[] = [];
  const runner: ProgramRunner<AllowedProgram> = {
    run: (program, argv): Promise<ProgramResult> => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      started.push({ program, end: () => resolve(undefined) });
      const reason = 'did not end within 1 ms and runs on';
      const ended = promise.then(() => undefined);
      return Promise.reject(new ProgramError({ program, argv, timedOut: true, reason, ended }));
    },
    start: () => Promise.reject(new Error('not used')),
  };
  const hanging = new HangingCommands();
  return { started, hanging, programs: createPrivilegedPrograms({ deadlineMs: 1, hanging, runner }) };
}

describe('a program that is over its deadline', () => {
  it('keeps others of LVM from being started until it has ended by itself, and is named', async () => {
    const { started, hanging, programs } = hangingPrograms();
    await expect(programs.run('lvs', find)).rejects.toThrow('runs on');
    await expect(programs.run('lvs', find)).rejects.toThrow('was not started, since this command hangs: lvs');
    expect(started).toHaveLength(1);
    expect(hanging.about('lvm')).toContain('lvs --reportformat json');
    started[0]?.end();
    await soon();
    expect(hanging.about('lvm')).toBeUndefined();
    await expect(programs.run('lvs', find)).rejects.toThrow('runs on');
    expect(started).toHaveLength(2);
  });

  it('keeps others from its device, and from no other', async () => {
    const { started, programs } = hangingPrograms();
    await expect(programs.run('blkid', probe('rhel-one'))).rejects.toThrow('runs on');
    await expect(programs.run('blkid', probe('rhel-one'))).rejects.toThrow('was not started');
    await expect(programs.run('blkid', probe('rhel-two'))).rejects.toThrow('runs on');
    await expect(programs.run('lvs', find)).rejects.toThrow('runs on');
    expect(started.map(({ program }) => program)).toEqual(['blkid', 'blkid', 'lvs']);
  });
});

describe('a program that is not on the closed list', () => {
  it('is not started', async () => {
    const { started, programs } = hangingPrograms();
    await expect(programs.run('lvs', ['--config=x'])).rejects.toMatchObject({ code: 'internal' });
    await expect(programs.start('unshare', ['sh'], {})).rejects.toMatchObject({ code: 'internal' });
    expect(started).toEqual([]);
  });
});
