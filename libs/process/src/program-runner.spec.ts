import { describe, expect, it } from 'vitest';
import { ProgramError } from './program-error.js';
import { createProgramRunner } from './program-runner.js';

const programs = createProgramRunner({ allowed: ['printf', 'cat', 'sh', 'sleep', 'env', 'no-such-program', 'pwd'] });
const deadlineMs = 10_000;

async function failureOf(running: Promise<unknown>): Promise<ProgramError> {
  const error: unknown = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProgramError) return error;
  throw new Error('a ProgramError was expected', { cause: error });
}

describe('run', () => {
  it('passes arguments as they are, without a shell', async () => {
    const { stdout } = await programs.run('printf', ['%s|', '$(id)', 'a b', "'", '*'], { deadlineMs });
    expect(stdout).toBe("$(id)|a b|'|*|");
  });

  it('gives both outputs apart and the exit code that was accepted', async () => {
    const result = await programs.run('sh', ['-c', 'echo out; echo err >&2; exit 3'], {
      deadlineMs,
      acceptExitCodes: [0, 3],
    });
    expect(result).toEqual({ exitCode: 3, stdout: 'out', stderr: 'err' });
  });

  it('writes the input and closes it', async () => {
    expect((await programs.run('cat', [], { deadlineMs, input: 'hello' })).stdout).toBe('hello');
    expect((await programs.run('cat', [], { deadlineMs })).stdout).toBe('');
  });

  it('runs in the working directory that was named', async () => {
    expect((await programs.run('pwd', [], { deadlineMs, workingDirectory: '/' })).stdout).toBe('/');
  });

  it('shows the program only the variables that it may see', async () => {
    process.env['SNAPFLEET_SECRET_TEST'] = 'secret';
    const { stdout } = await programs.run('env', [], { deadlineMs, environment: { EXTRA: '1' } });
    delete process.env['SNAPFLEET_SECRET_TEST'];
    expect(stdout.split('\n').map((line) => line.split('=')[0])).toEqual(
      expect.arrayContaining(['LC_ALL', 'PATH', 'EXTRA']),
    );
    expect(stdout).not.toContain('secret');
  });

  it('hands over each line and keeps none', async () => {
    const lines: string[] = [];
    const { stdout } = await programs.run('printf', ['a\nb\n\nc'], {
      deadlineMs,
      onStdoutLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['a', 'b', '', 'c']);
    expect(stdout).toBe('');
  });

  it('hands over bytes that are not UTF-8 as they are', async () => {
    const chunks: Uint8Array[] = [];
    const { stdout } = await programs.run('printf', ['a\\377\\n'], {
      deadlineMs,
      onStdoutChunk: (chunk) => chunks.push(chunk),
    });
    expect(Buffer.concat(chunks)).toEqual(Buffer.from('a\xff\n', 'latin1'));
    expect(stdout).toBe('');
  });

  it('refuses a program that is not on the list', async () => {
    const untyped = programs as {
      run(program: string, argv: string[], options: { deadlineMs: number }): Promise<unknown>;
    };
    const error = await failureOf(untyped.run('ls', [], { deadlineMs }));
    expect(error.message).toContain('not on the list');
  });

  it('refuses an argument with a NUL character', async () => {
    expect((await failureOf(programs.run('printf', ['a\0b'], { deadlineMs }))).message).toContain('NUL');
  });

  it('tells program, arguments, exit code and what was said when the exit code is another', async () => {
    const error = await failureOf(programs.run('sh', ['-c', 'echo no >&2; exit 5'], { deadlineMs }));
    expect(error).toMatchObject({
      program: 'sh',
      argv: ['-c', 'echo no >&2; exit 5'],
      exitCode: 5,
      stderr: 'no',
      timedOut: false,
    });
    expect(error.message).toBe('sh ended with exit code 5: no');
  });

  it('says so when the program does not exist', async () => {
    const error = await failureOf(programs.run('no-such-program', [], { deadlineMs }));
    expect(error).toMatchObject({ exitCode: undefined, message: 'no-such-program could not be run (ENOENT)' });
  });

  it('ends the program and its children at the deadline', async () => {
    const error = await failureOf(programs.run('sh', ['-c', 'sleep 600 & sleep 600'], { deadlineMs: 50 }));
    expect(error).toMatchObject({ timedOut: true, aborted: false });
  });

  it('ends the program when the caller aborts', async () => {
    const abort = new AbortController();
    const running = failureOf(programs.run('sleep', ['600'], { deadlineMs, signal: abort.signal }));
    abort.abort();
    expect(await running).toMatchObject({ aborted: true, timedOut: false });
  });

  it('ends the program when it says too much', async () => {
    const error = await failureOf(
      programs.run('sh', ['-c', 'while :; do echo xxxxxxxxxxxxxxxx; done'], { deadlineMs, outputLimit: 1000 }),
    );
    expect(error.outputLimitExceeded).toBe(true);
  });

  it('leaves a program alone after the deadline where it must not be signalled, and tells when it has ended', async () => {
    const error = await failureOf(programs.run('sh', ['-c', 'sleep 0.3'], { deadlineMs: 10, onDeadline: 'leave' }));
    expect(error.timedOut).toBe(true);
    await error.ended;
  });

  it('reports a failure of a program that may be left like any other', async () => {
    const error = await failureOf(programs.run('sh', ['-c', 'exit 5'], { deadlineMs, onDeadline: 'leave' }));
    expect(error).toMatchObject({ exitCode: 5, timedOut: false });
  });
});

describe('start', () => {
  it('talks with a program line by line until it is stopped', async () => {
    const line = Promise.withResolvers<string>();
    const cat = await programs.start('cat', [], { onStdoutLine: line.resolve });
    cat.write('ready\n');
    expect(await line.promise).toBe('ready');
    expect(await cat.stop()).toEqual({ exitCode: undefined, signal: 'SIGTERM' });
  });

  it('tells how a program ended by itself', async () => {
    const ending = await programs.start('sh', ['-c', 'exit 4']);
    expect(await ending.ended).toEqual({ exitCode: 4, signal: undefined });
  });

  it('kills a program that does not listen', async () => {
    const ready = Promise.withResolvers<string>();
    const deaf = await programs.start('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'], {
      onStdoutLine: ready.resolve,
    });
    await ready.promise;
    expect(await deaf.stop({ forceAfterMs: 20 })).toMatchObject({ signal: 'SIGKILL' });
  });

  it('throws when the program cannot be started', async () => {
    expect((await failureOf(programs.start('no-such-program', []))).message).toContain('ENOENT');
  });

  it('ends the program when the caller aborts', async () => {
    const abort = new AbortController();
    const sleeping = await programs.start('sleep', ['600'], { signal: abort.signal });
    abort.abort();
    expect(await sleeping.ended).toMatchObject({ signal: 'SIGTERM' });
  });
});
