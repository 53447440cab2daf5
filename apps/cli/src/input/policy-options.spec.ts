import { SnapshotPolicy } from '@snapfleet/contracts';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addPolicyOptions, policyFrom, type PolicyOptions } from './policy-options.js';

const policyOf = (...words: string[]): unknown => {
  const command = addPolicyOptions(new Command()).exitOverride();
  command.parse(words, { from: 'user' });
  return policyFrom(command.opts<PolicyOptions>());
};

test('without options the policy is left to the contract', () => {
  expect(policyOf()).toEqual({});
  expect(SnapshotPolicy.parse(policyOf())).toMatchObject({ quiesce: { level: 'none' }, movers: [] });
});

test('every option finds its place', () => {
  const quiesce = '--quiesce pod/x --quiesce-deadline 1m --max-downtime 5m --class c --ready-deadline 2m';
  const rest = '--mover copy --mover restic --verify none --keep-last 3 --allow-empty';
  expect(policyOf(...`${quiesce} ${rest}`.split(' '))).toEqual({
    quiesce: { level: 'cold', workload: { kind: 'Pod', name: 'x' }, deadlineSeconds: 60, maximumDowntimeSeconds: 300 },
    movers: ['copy', 'restic'],
    verify: [],
    volumeSnapshotClassName: 'c',
    readyDeadlineSeconds: 120,
    retention: { keepLast: 3 },
    allowEmpty: true,
  });
});

test('a level has the options that belong to it', () => {
  const workload = { kind: 'Deployment', name: 'x' };
  expect(policyOf('--quiesce', 'deployment/x', '--level', 'frozen', '--quiesce-deadline', '1m')).toEqual({
    quiesce: { level: 'frozen', workload },
  });
  const hooks = ['--before', '["lock", "--all"]', '--before', 'flush', '--hook-timeout', '1m', '--after', 'unlock'];
  hooks.push('--max-downtime', '2m');
  expect(policyOf('--quiesce', 'deployment/x', '--level', 'hooks', ...hooks)).toEqual({
    quiesce: {
      level: 'hooks',
      workload,
      before: [
        { command: ['lock', '--all'], timeoutSeconds: 60 },
        { command: ['flush'], timeoutSeconds: 60 },
      ],
      after: [{ command: ['unlock'], timeoutSeconds: 60 }],
      maximumDowntimeSeconds: 120,
    },
  });
  expect(SnapshotPolicy.safeParse(policyOf('--level', 'frozen')).success).toBe(false);
});

test('what is done about a full pool is said by name', () => {
  expect(policyOf('--when-pool-full', 'evict')).toEqual({ poolGuard: { whenFull: 'evict' } });
});

test('an assertion has an image and a command', () => {
  const policy = policyOf('--assert-image', 'busybox', '--assert-command', 'grep', 'x', '/data/y');
  expect(policy).toEqual({ assertion: { image: 'busybox', command: ['grep', 'x', '/data/y'] } });
});
