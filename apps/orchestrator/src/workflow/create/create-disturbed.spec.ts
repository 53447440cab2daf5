import { deterministicUuid } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { endedAt, pods } from './replies-under-test.js';
import { gradeOf, groupId, named, ready, run } from './workflow-under-test.js';

const taken = (disturbances?: string[]) => ({
  result: [{ ...ready.snapshot, ...(disturbances === undefined ? {} : { disturbances }) }],
});

test.each(['cold', 'frozen', 'hooks'] as const)(
  'never says more than crash where somebody may have written during the cut, and tells who: %s',
  (level) => {
    const made = run(level, ['done', 'done', 'done', taken(['Pod job-1 used orders'])]);
    expect(made.events).toContain('snapshot.ready');
    expect(gradeOf(made)).toBe('crash');
    expect(made.conflicts).toEqual(['Pod job-1 used orders']);
    expect(made.points[0].snapshot).toEqual(ready.snapshot);
  },
);

test.each(['cold', 'frozen', 'hooks'] as const)('never says more than crash where nobody has looked: %s', (level) => {
  const made = run(level, ['done', 'done', 'done', taken()]);
  expect(gradeOf(made)).toBe('crash');
  expect(made.conflicts).toEqual([expect.stringContaining('nobody has looked') as string]);
});

test('tells what else somebody did beside it', () => {
  const resumed = { resumedAt: endedAt, replicas: 5, conflict: 'scaled to 5 meanwhile' };
  const made = run('cold', ['done', 'done', 'done', taken(['Pod job-1 used orders']), { result: resumed }]);
  expect(made.conflicts).toEqual(['scaled to 5 meanwhile; Pod job-1 used orders']);
});

const workload = { ...named, uid: deterministicUuid('uid'), generation: 7 };
test.each([
  ['cold', { endedPodUids: ['ended-1', 'ended-2'], workload }],
  ['frozen', { endedPodUids: ['ended-1'], podUids: pods.map(({ uid }) => uid) }],
  ['hooks', { endedPodUids: ['ended-1'], podUids: pods.map(({ uid }) => uid) }],
  ['none', undefined],
] as const)('tells the cut what its claim is to be quiet by: %s', (level, quiet) => {
  const takes = run(level, []).sent.filter((data) => 'claimUid' in (data as object));
  expect(takes).toEqual([expect.objectContaining(quiet === undefined ? {} : { quiet: expect.any(Object) as object })]);
  expect(takes[0]).toMatchObject(quiet === undefined ? {} : { quiet: { operationId: groupId, ...quiet } });
  expect(takes.every((data) => 'quiet' in (data as object))).toBe(quiet !== undefined);
});

test('a group is worth no more than after a crash where one of its claims was disturbed', () => {
  const replies = [[], ['Pod job-1 used invoices']].map((disturbances) => ({ ...ready.snapshot, disturbances }));
  const made = run('cold', ['done', 'done', 'done', { result: replies }], 2);
  expect(made.points.map(({ consistency }) => consistency)).toEqual(['crash', 'crash']);
});
