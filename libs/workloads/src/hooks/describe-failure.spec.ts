import { Hook } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { describeFailure } from './describe-failure.js';

const place = { pod: 'orders-1', container: 'db' };
const hook = Hook.parse({ command: ['/usr/bin/psql', '-c', '--password=geheim', 'geheim'] });
const exited = (stdout: string, stderr: string) => ({ kind: 'exited', exitCode: 3, stdout, stderr }) as const;

test('a failure is told with program, Pod, container, exit code and the last lines of what it said', () => {
  const text = describeFailure(hook, place, exited('out\n', 'one\ntwo\n\nthree\r\nfour\n'));
  expect(text).toBe('/usr/bin/psql in Pod orders-1, container db: exit code 3: two / three / four');
});

test('where nothing was said on the standard error, the output is repeated; control characters are not', () => {
  expect(describeFailure(hook, place, exited('locked\u001b[0m by other', ' '))).toContain('3: locked [0m by other');
  expect(describeFailure(hook, place, exited('', ''))).toMatch(/exit code 3$/);
});

test('arguments are left out, also where the program or the runtime repeats them', () => {
  const repeated = exited('', 'bad option --password=geheim in -c "geheim"');
  expect(describeFailure(hook, place, repeated)).toContain('bad option … in -c "…"');
  const why = 'exec: "psql --password=geheim": executable file not found';
  expect(describeFailure(hook, place, { kind: 'unknown', why })).not.toContain('geheim');
  const oneWord = Hook.parse({ command: ['mysql -pgeheim -e FLUSH'] });
  expect(describeFailure(oneWord, place, exited('', ''))).toMatch(/^mysql in Pod/);
});

test('one that did not end in time may still run, and a long text is cut', () => {
  const late = { kind: 'late', stdout: '', stderr: 'x'.repeat(5000) } as const;
  const text = describeFailure(hook, place, late);
  expect(text).toContain('did not end within 30 s, and may still run there: x');
  expect(text.length).toBeLessThan(1024);
});
