import { SnapfleetError } from '@snapfleet/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endedAt, hooksReply, pods, preflightReply } from './replies-under-test.js';
import { type Choice, gradeOf, levels, named, ready, run } from './workflow-under-test.js';

const resumeFails = (choice: Choice, length: number): Choice[] =>
  Array.from({ length }, (_, index): Choice => (index < 4 || index % 2 === 1 ? 'done' : choice));

describe('snapshot.create', () => {
  test.each([
    ['cold', 'app'],
    ['frozen', 'fs'],
    ['hooks', 'app'],
  ] as const)('quiesces, cuts, resumes and only then says ready: %s gives the grade %s', (level, grade) => {
    const made = run(level, []);
    expect(made.events).toEqual([
      'snapshot.preflight-passed',
      'workload.quiesced',
      'workload.resumed',
      'snapshot.ready',
    ]);
    expect(gradeOf(made)).toBe(grade);
  });

  test('touches no workload when the policy names none, and says that it is as after a power cut', () => {
    const made = run('none', []);
    expect(made.phases).toEqual(['preflight', 'surveying', 'cutting', 'ready']);
    expect(gradeOf(made)).toBe('crash');
  });

  test('resumes the workload when the cut fails, then removes what was made, then says why', () => {
    const { phases, events } = run('cold', ['done', 'done', 'done', 'failed']);
    expect(phases).toEqual(['preflight', 'surveying', 'quiescing', 'cutting', 'resuming', 'cleaning', 'failed']);
    expect(events.at(-1)).toBe('snapshot.failed');
  });

  test('tries to resume until it succeeds, and tells so', () => {
    const { phases, events } = run('cold', resumeFails('failed', 9));
    expect(phases.filter((phase) => phase === 'resuming')).toHaveLength(4);
    expect(events.filter((event) => event === 'workload.resume-failed')).toHaveLength(2);
    expect(events).toContain('snapshot.ready');
  });

  test.each([
    ['cold', { resumedAt: endedAt, replicas: 5, conflict: 'scaled to 5 meanwhile' }],
    ['frozen', { thawedAt: endedAt, held: false, reason: 'the time was over' }],
    ['hooks', { ...hooksReply, gone: pods }],
    ['hooks', { ...hooksReply, unhooked: ['orders-2'] }],
    ['hooks', { ...hooksReply, unproven: 'the guard does not answer' }],
    ['hooks', { ...hooksReply, broughtBack: { by: 'dead-man-timer', at: endedAt, readySnapshots: ['another'] } }],
  ] as const)('never says more than crash of a workload that went on before the cut was over: %s', (level, reply) => {
    const made = run(level, ['done', 'done', 'done', 'done', { result: reply }]);
    expect(made.events).toContain('snapshot.ready');
    expect(gradeOf(made)).toBe('crash');
  });

  test('never says more than crash where a hook before the cut failed, though it may', () => {
    const reply = { ...hooksReply, failures: ['lock: exit code 1'] };
    expect(gradeOf(run('hooks', ['done', 'done', { result: reply }]))).toBe('crash');
  });

  test('says app where the dead-man timer ran the hooks after it had seen the snapshot ready, and tells that it did', () => {
    const readySnapshots = [ready.snapshot.volumeSnapshotUid];
    const reply = { ...hooksReply, broughtBack: { by: 'dead-man-timer', at: endedAt, readySnapshots } };
    const made = run('hooks', ['done', 'done', 'done', 'done', { result: reply }]);
    expect(gradeOf(made)).toBe('app');
    expect(made.points[0].broughtBack).toEqual({ by: 'dead-man-timer', at: endedAt });
  });

  test('gives the dead-man timer the hooks of after the cut before those of before it run', () => {
    const { sent } = run('hooks', []);
    const timer = { workload: named, maximumDowntimeSeconds: 900 };
    const hooks = [{ command: ['unlock'], timeoutSeconds: 30, onError: 'fail' }];
    const runs = sent.filter((data) => 'moment' in (data as object));
    expect(runs).toMatchObject([
      { moment: 'before', timer: { ...timer, hooks } },
      { moment: 'after', timer },
    ]);
  });

  test('makes no snapshot where a hook before the cut failed, and runs the hooks after it all the same', () => {
    const { phases } = run('hooks', ['done', 'done', 'failed']);
    expect(phases).toEqual(['preflight', 'surveying', 'quiescing', 'resuming', 'failed']);
  });

  test('compares after the cut with the containers in which hooks ran before it', () => {
    const hooked = [{ ...pods[0], containers: [{ name: 'app', id: 'containerd://1' }] }];
    const { sent } = run('hooks', ['done', 'done', { result: { ...hooksReply, pods: hooked } }]);
    expect(sent.at(-1)).toMatchObject({ moment: 'after', pods: hooked, persistentVolumeClaims: ['orders'] });
  });

  test('gives hooks up that always fail after the cut, so that the volume is free again, and makes no promise', () => {
    const made = run('hooks', resumeFails('hook failed', 40));
    expect(made.phases.filter((phase) => phase === 'resuming')).toHaveLength(10);
    expect(made.events.at(-1)).toBe('snapshot.ready');
    expect(gradeOf(made)).toBe('crash');
  });

  test('counts what no repetition seems to cure as failed hooks, and tells the operator how often it has failed', () => {
    const { phases, sent } = run('hooks', resumeFails('refused', 8));
    expect(phases.filter((phase) => phase === 'resuming')).toHaveLength(3);
    const told = sent.slice(-3).map((data) => (data as { failedBefore?: number }).failedBefore);
    expect(told).toEqual([undefined, 1, 2]);
    const always = run('hooks', resumeFails('refused', 60));
    expect(always.phases.filter((phase) => phase === 'resuming')).toHaveLength(10);
    expect(always.phases.at(-1)).toBe('ready');
    expect(gradeOf(always)).toBe('crash');
  });

  test('an API server that was away for long takes no attempt from the hooks', () => {
    const choices = resumeFails('failed', 41).map((choice, index): Choice => (index === 40 ? 'hook failed' : choice));
    const { phases, events } = run('hooks', choices);
    expect(phases.filter((phase) => phase === 'resuming')).toHaveLength(20);
    expect(events).toContain('workload.resumed');
  });

  test('waits out whatever else hinders hooks after the cut', () => {
    const { phases } = run('hooks', resumeFails('failed', 41));
    expect(phases.filter((phase) => phase === 'resuming')).toHaveLength(20);
    expect(phases.at(-1)).toBe('ready');
  });

  test('fails where no Pod runs that could be frozen', () => {
    const { events } = run('frozen', [{ result: [{ ...preflightReply('frozen'), pods: [] }] }]);
    expect(events).toEqual(['snapshot.failed']);
  });
});

describe('group.create', () => {
  test('makes one window for all claims and tells each of its restore points', () => {
    const made = run('frozen', [], 3);
    expect(made.phases).toEqual(['preflight', 'surveying', 'quiescing', 'cutting', 'resuming', 'ready']);
    expect(made.events.filter((event) => event === 'snapshot.ready')).toHaveLength(3);
    expect(made.events.at(-1)).toBe('group.ready');
    expect(new Set(made.eventIds).size).toBe(made.eventIds.length);
    expect(made.points.map(({ consistency }) => consistency)).toEqual(['fs', 'fs', 'fs']);
  });

  test('fails as a whole where one claim does not pass the preflight', () => {
    const refused = { passed: false, findings: [new SnapfleetError('pvc_not_bound', 'not bound').toDetail()] };
    const { events } = run('cold', [{ result: [preflightReply('cold'), refused] }], 2);
    expect(events).toEqual(['snapshot.failed', 'snapshot.failed', 'group.failed']);
  });

  test('lists no member as made where one snapshot failed', () => {
    const made = run('cold', ['done', 'done', 'done', 'failed'], 2);
    expect(made.events.at(-1)).toBe('group.failed');
    expect(made.points.map(({ phase, snapshot }) => [phase, snapshot])).toEqual([
      ['failed', undefined],
      ['failed', undefined],
    ]);
  });
});

test('whatever fails or is cancelled, a quiesced workload is resumed before the end, and there is one ending', () => {
  const choices = fc.array(fc.constantFrom<Choice>('done', 'failed', 'cancelled'), { maxLength: 40 });
  const any = [fc.constantFrom(...levels), choices, fc.integer({ min: 1, max: 3 })] as const;
  fc.assert(
    fc.property(...any, (level, outcomes, claims) => {
      const { phases, events } = run(level, outcomes, claims);
      if (phases.includes('quiescing')) {
        expect(phases).toContain('resuming');
        expect(events).toContain('workload.resumed');
      }
      const endings = new Set(events.filter((event) => event === 'snapshot.ready' || event === 'snapshot.failed'));
      expect(endings.size).toBe(1);
      const ofGroup = events.filter((event) => event === 'group.ready' || event === 'group.failed');
      expect(ofGroup).toHaveLength(claims === 1 ? 0 : 1);
    }),
  );
});
