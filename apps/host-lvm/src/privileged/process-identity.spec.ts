import { createProgramRunner } from '@snapfleet/process';
import { describe, expect, it } from 'vitest';
import { identityOf, isAlive } from './process-identity.js';

describe('the identity of a process', () => {
  it('is the same as long as it lives', () => {
    const own = identityOf(process.pid);
    expect(own).toEqual(identityOf(process.pid));
    expect(own !== undefined && isAlive(own)).toBe(true);
  });

  it('is not that of another process with the same number', () => {
    const own = identityOf(process.pid);
    if (own === undefined) throw new Error('this process must be known');
    expect(isAlive({ ...own, startTime: '1' })).toBe(false);
    expect(isAlive({ ...own, bootId: 'another boot' })).toBe(false);
  });

  it('is gone with the process, also before its parent has noticed', async () => {
    const programs = createProgramRunner({ allowed: ['cat'] });
    const cat = await programs.start('cat', []);
    const identity = identityOf(cat.pid);
    expect(identity).toBeDefined();
    await cat.stop();
    expect(identity !== undefined && isAlive(identity)).toBe(false);
    expect(identityOf(cat.pid)).toBeUndefined();
  });
});
