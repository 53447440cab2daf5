import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Manifest } from '../device-under-test.js';

const servers = fileURLToPath(new URL('../../../tools/servers/', import.meta.url));
const downloadDeadlineMs = 120_000;

/** Where each definition lies: in the very module version that the controllers were built from. */
const definitions = [
  {
    server: 'external-snapshotter',
    module: 'github.com/kubernetes-csi/external-snapshotter/client/v8',
    files: [
      'config/crd/snapshot.storage.k8s.io_volumesnapshotclasses.yaml',
      'config/crd/snapshot.storage.k8s.io_volumesnapshotcontents.yaml',
      'config/crd/snapshot.storage.k8s.io_volumesnapshots.yaml',
    ],
  },
  {
    server: 'topolvm',
    module: 'github.com/topolvm/topolvm',
    files: ['config/crd/bases/topolvm.io_logicalvolumes.yaml'],
  },
] as const;

/** The CustomResourceDefinitions of the snapshot controller and of TopoLVM; the Go module cache is filled if need be. */
export async function customResourceDefinitions(): Promise<Manifest[]> {
  const found = await Promise.all(
    definitions.map(async ({ server, module, files }) => {
      const folder = await moduleFolder(server, module);
      return Promise.all(files.map(async (file) => parse(await readFile(join(folder, file), 'utf8')) as Manifest));
    }),
  );
  return found.flat();
}

async function moduleFolder(server: string, module: string): Promise<string> {
  const { stdout } = await execa('go', ['mod', 'download', '-json', module], {
    cwd: join(servers, server),
    timeout: downloadDeadlineMs,
    env: { GOTOOLCHAIN: 'local' },
  });
  const { Dir: folder } = JSON.parse(stdout) as { Dir?: string };
  if (folder === undefined) throw new Error(`the Go module cache has no folder for ${module}`);
  return folder;
}
