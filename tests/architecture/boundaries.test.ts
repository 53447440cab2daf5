import { ESLint } from 'eslint';
import { beforeAll, describe, expect, test } from 'vitest';

/** Imports that must be refused: [the file that would contain it, the import, why]. */
const forbidden: readonly (readonly [string, string, string])[] = [
  ['libs/contracts/src/canary.ts', '@snapfleet/messaging', 'contracts import nothing of ours'],
  ['libs/contracts/src/canary.ts', '@nestjs/common', 'contracts know no framework'],
  ['libs/contracts/src/canary.ts', '@nats-io/nats-core', 'contracts know no transport'],
  ['libs/contracts/src/canary.ts', 'execa', 'contracts start no program'],
  ['libs/messaging/src/canary.ts', '@snapfleet/kubernetes', 'adapters do not import each other'],
  ['libs/messaging/src/canary.ts', '@snapfleet/service-kit', 'adapters do not import each other'],
  ['libs/workloads/src/canary.ts', '@nestjs/common', 'what apps share knows no framework'],
  ['libs/workloads/src/canary.ts', '@nats-io/nats-core', 'what brings a workload back works without NATS'],
  ['libs/kubernetes/src/canary.ts', '@snapfleet/workloads', 'an adapter knows nothing of what is done with it'],
  ['libs/kubernetes/src/canary.ts', '@snapfleet/messaging', 'adapters do not import each other'],
  ['apps/cluster-operator/src/canary.ts', '../../workload-guard/src/main.js', 'apps never import apps'],
  ['apps/cli/src/canary.ts', '@snapfleet/workloads', 'the CLI uses the client'],
  ['libs/client/src/canary.ts', '@snapfleet/messaging', 'the client is free of NestJS'],
  ['libs/client/src/canary.ts', '@nestjs/common', 'the client is free of NestJS'],
  ['libs/nats-access/src/canary.ts', '@nestjs/common', 'the way in is free of NestJS, for the client has it too'],
  ['libs/nats-access/src/canary.ts', '@snapfleet/messaging', 'the way in is below the transport'],
  ['libs/lvm/src/canary.ts', '@nestjs/common', 'libs/lvm is pure'],
  ['apps/cli/src/canary.ts', '@snapfleet/messaging', 'the CLI uses the client'],
  ['apps/backup-worker/src/canary.ts', '@snapfleet/lvm', 'an unprivileged app does not touch LVM'],
  ['apps/orchestrator/src/canary.ts', '@snapfleet/lvm', 'an unprivileged app does not touch LVM'],
  ['apps/orchestrator/src/canary.ts', '../../cluster-operator/src/main.js', 'apps never import apps'],
  ['apps/orchestrator/src/canary.ts', '../../../libs/contracts/src/index.js', 'no way round a package'],
  ['apps/orchestrator/src/canary.ts', 'node:child_process', 'programs are started in libs/process'],
  ['apps/host-lvm/src/canary.ts', 'execa', 'programs are started in libs/process'],
  ['libs/movers/src/canary.ts', 'child_process', 'programs are started in libs/process'],
  ['libs/kubernetes/src/canary.ts', '../../../tests/support/device-under-test.js', 'source never imports tests'],
];

/** Imports that the product needs: the rule must not refuse everything. */
const allowed: readonly (readonly [string, string])[] = [
  ['libs/messaging/src/canary.ts', '@snapfleet/contracts'],
  ['libs/messaging/src/canary.ts', '@snapfleet/nats-access'],
  ['libs/client/src/canary.ts', '@snapfleet/nats-access'],
  ['libs/movers/src/canary.ts', '@snapfleet/process'],
  ['libs/workloads/src/canary.ts', '@snapfleet/kubernetes'],
  ['apps/workload-guard/src/canary.ts', '@snapfleet/workloads'],
  ['apps/cluster-operator/src/canary.ts', '@snapfleet/workloads'],
  ['apps/host-lvm/src/canary.ts', '@snapfleet/lvm'],
  ['apps/orchestrator/src/canary.ts', '@snapfleet/messaging'],
  ['apps/cli/src/canary.ts', '@snapfleet/client'],
];

let eslint: ESLint;

beforeAll(() => {
  eslint = new ESLint({ overrideConfigFile: 'eslint.boundaries.mjs' });
});

async function lint(file: string, imported: string): Promise<string[]> {
  const [result] = await eslint.lintText(`import * as canary from '${imported}';\nexport const used = canary;\n`, {
    filePath: file,
  });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId ?? 'parser'}: ${message}`);
}

describe('module boundaries', () => {
  test.each(forbidden)('%s may not import %s: %s', async (file, imported) => {
    expect(await lint(file, imported)).not.toEqual([]);
  });

  test.each(allowed)('%s may import %s', async (file, imported) => {
    expect(await lint(file, imported)).toEqual([]);
  });
});
