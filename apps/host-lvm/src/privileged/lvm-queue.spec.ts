import { ProgramError, type ProgramResult } from '@snapfleet/process';
import { describe, expect, it } from 'vitest';
import { HangingCommands } from './hanging-commands.js';
import { LvmQueue } from './lvm-queue.js';
import type { PrivilegedPrograms } from './privileged-programs.js';

/** Programs that end when the test says so. */
class SlowPrograms implements PrivilegedPrograms {
  readonly started: string[] = [];
  readonly runs: PromiseWithResolvers<ProgramResult>[] = [];

  run(program: string, argv: readonly string[]): Promise<ProgramResult> {
    this.started.push([program, ...argv].join(' '));
    const run = Promise.withResolvers<ProgramResult>();
    this.runs.push(run);
    return run.promise;
  }

  start(): never {
    throw new Error('not used');
  }
}

const result = (stdout: string): ProgramResult => ({ exitCode: 0, stdout, stderr: '' });
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('LVM commands', () => {
  it('run one at a time, in order', async () => {
    const programs = new SlowPrograms();
    const queue = new LvmQueue(programs, new HangingCommands());
    const both = Promise.all([queue.run('lvs', ['1']), queue.run('vgs', ['2'])]);
    await soon();
    expect(programs.started).toEqual(['lvs 1']);
    programs.runs[0]?.resolve(result('first'));
    await soon();
    expect(programs.started).toEqual(['lvs 1', 'vgs 2']);
    programs.runs[1]?.resolve(result('second'));
    expect(await both).toEqual(['first', 'second']);
  });

  it('are looked at once more when their turn has come', async () => {
    const programs = new SlowPrograms();
    const queue = new LvmQueue(programs, new HangingCommands());
    let proven = true;
    const first = queue.run('lvs', []);
    const late = queue.run('lvremove', [], () => {
      if (!proven) throw new Error('too late');
    });
    const next = queue.run('vgs', []);
    await soon();
    proven = false;
    programs.runs[0]?.resolve(result('first'));
    await first;
    await expect(late).rejects.toThrow('too late');
    await soon();
    expect(programs.started).toEqual(['lvs', 'vgs']);
    programs.runs[1]?.resolve(result('next'));
    expect(await next).toBe('next');
  });

  it('go on after a failure, which is lvm_failed and repeats what LVM said', async () => {
    const programs = new SlowPrograms();
    const queue = new LvmQueue(programs, new HangingCommands());
    const failing = queue.run('lvs', []);
    const next = queue.run('lvs', []);
    await soon();
    programs.runs[0]?.reject(
      new ProgramError({
        program: 'lvs',
        argv: [],
        exitCode: 5,
        stderr: 'no such group',
        reason: 'ended with exit code 5',
      }),
    );
    await expect(failing).rejects.toMatchObject({
      code: 'lvm_failed',
      message: 'lvs ended with exit code 5: no such group',
    });
    await soon();
    programs.runs[1]?.resolve(result('next'));
    expect(await next).toBe('next');
  });
});
