import { VolumeHandle } from '@snapfleet/contracts';
import { volumesOfHandle } from '@snapfleet/lvm';
import { createProgramRunner } from '@snapfleet/process';
import { expect, it } from 'vitest';
import { takeOverEarlierCommands } from './earlier-commands.js';
import { HangingCommands } from './hanging-commands.js';

const find = volumesOfHandle(VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87'));

it('a command of an earlier run counts as hanging until it has ended, and one that ends in a moment does not', async () => {
  const programs = createProgramRunner({ allowed: ['cat'] });
  const [stays, ends, other] = await Promise.all([
    programs.start('cat', []),
    programs.start('cat', []),
    programs.start('cat', []),
  ]);
  const processes = [
    { pid: stays.pid, commandLine: ['lvs', ...find] },
    { pid: ends.pid, commandLine: ['lvs', ...find] },
    { pid: other.pid, commandLine: ['lvs', '--noheadings'] },
  ];
  const hanging = new HangingCommands();
  const taken = takeOverEarlierCommands(hanging, { momentMs: 200, processes });
  await ends.stop();
  const { count, ended } = await taken;
  expect(count).toBe(1);
  expect(hanging.about('lvm')).toContain('lvs --reportformat json');
  await stays.stop();
  await ended;
  expect(hanging.about('lvm')).toBeUndefined();
  await other.stop();
});

it('a process elsewhere is none of them, whatever command line it has given itself', async () => {
  const programs = createProgramRunner({ allowed: ['cat'] });
  const forged = await programs.start('cat', []);
  const processes = [{ pid: forged.pid, commandLine: ['lvs', ...find] }];
  const hanging = new HangingCommands();
  const taken = await takeOverEarlierCommands(hanging, { momentMs: 0, processes, belongs: () => false });
  expect(taken.count).toBe(0);
  expect(hanging.about('lvm')).toBeUndefined();
  await forged.stop();
});

it('nothing hangs where no command of an earlier run is left', async () => {
  const hanging = new HangingCommands();
  expect(await takeOverEarlierCommands(hanging)).toMatchObject({ count: 0 });
});
