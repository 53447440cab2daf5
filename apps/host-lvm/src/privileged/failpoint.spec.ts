import { fileURLToPath } from 'node:url';
import { createProgramRunner } from '@snapfleet/process';
import { expect, it } from 'vitest';
import { failpointPattern } from './failpoint.js';

const source = fileURLToPath(new URL('./failpoint.ts', import.meta.url));
const script = `
  const { failpointOf } = await import(${JSON.stringify(source)});
  const failpoint = failpointOf('mount:during:kill');
  failpoint('mount', 'before');
  console.log('before');
  failpoint('mount', 'during');
  console.log('never');
`;

it('a failpoint kills the process where it is, and says so before', async () => {
  const lines: string[] = [];
  const programs = createProgramRunner({ allowed: [process.execPath] });
  const node = await programs.start(process.execPath, ['--input-type=module', '--eval', script], {
    onStdoutLine: (line) => lines.push(line),
  });
  expect(await node.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(lines).toEqual(['before', '{"event":"failpoint.reached","point":"mount:during"}']);
});

it.each(['mount', 'mount:during', 'mount:during:tell', 'mount:during:kill,', 'x;y:after:kill'])(
  '%s is no failpoint',
  (text) => {
    expect(failpointPattern.test(text)).toBe(false);
  },
);
