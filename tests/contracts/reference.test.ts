import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DiagnosticSeverity, fromFile, Parser } from '@asyncapi/parser';
import { flow, subjectOfAllDevices } from '@snapfleet/contracts';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('the committed reference and rights are what the code says', async () => {
  await execa('tsc', ['-b', 'libs/contracts', 'libs/kubernetes'], { cwd: root, preferLocal: true });
  const { exitCode, stderr } = await execa('node', ['tools/generate-docs.ts', '--check'], {
    cwd: root,
    preferLocal: true,
    reject: false,
  });
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

test('the AsyncAPI document is valid and has a channel for each message', async () => {
  const { document, diagnostics } = await fromFile(new Parser(), `${root}docs/reference/asyncapi.yaml`).parse();
  expect(diagnostics.filter(({ severity }) => DiagnosticSeverity[severity] === 'Error')).toEqual([]);
  const addresses = document
    ?.channels()
    .all()
    .map((channel) => channel.address());
  expect(addresses).toEqual(
    expect.arrayContaining(flow.map((message) => subjectOfAllDevices(message).replace('*', '{device}'))),
  );
  expect(document?.operations().all()).toHaveLength(flow.length);
});

test('every app that uses the Kubernetes API has a manifest of its rights', async () => {
  const { stdout } = await execa(
    'grep',
    ['-rl', '--include=*.ts', '--exclude=*.spec.ts', '--exclude-dir=dist', 'connectToCluster', 'apps'],
    {
      cwd: root,
    },
  );
  const using = new Set(stdout.split('\n').map((path) => `${path.split('/')[1] ?? ''}.yaml`));
  const optional = ['cluster-operator-hooks.yaml', 'workload-guard-hooks.yaml'];
  expect((await readdir(`${root}deploy/rbac`)).sort()).toEqual([...using, ...optional].sort());
});

test('every link of the reference leads somewhere', async () => {
  const texts = new Map(
    await Promise.all(
      ['messages.md', 'errors.md', 'flow.md', 'exit-codes.md'].map(
        async (name) => [name, await readFile(`${root}docs/reference/${name}`, 'utf8')] as const,
      ),
    ),
  );
  const anchorsOf = (text: string): string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  const dead = [...texts].flatMap(([name, text]) =>
    [...text.matchAll(/\]\(([a-z-]*\.md)?#([^)]+)\)/g)]
      .filter(([, page = name, target = '']) => !anchorsOf(texts.get(page) ?? '').includes(target))
      .map(([link]) => `${name}: ${link}`),
  );
  expect(dead).toEqual([]);
});
