import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { ServiceName } from './services.js';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const asked = Symbol('asked');

/** Programs of their own that a service starts, at their places beside its folder of the module that starts them. */
const ownPrograms: Partial<Record<ServiceName, readonly string[]>> = { 'host-lvm': ['writers/thaw-watchdog.js'] };

/** A service as one file. */
export interface ServiceBundle {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Puts a compiled service and all that it imports into one file. Half of the time that a service takes to start in a guest
 * goes into opening 1,300 files of this machine; a test that starts it often saves that.
 */
export async function bundleService(name: ServiceName): Promise<ServiceBundle> {
  const directory = await mkdtemp(join(tmpdir(), 'snapfleet-bundle-'));
  // Services of other users read it too.
  await chmod(directory, 0o755);
  const path = join(directory, 'service', `${name}.mjs`);
  const dist = join(checkout, 'apps', name, 'dist');
  const main = join(dist, 'main.js');
  await build({
    entryPoints: [main],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Class names are told in logs.
    keepNames: true,
    logLevel: 'error',
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(${JSON.stringify(main)});`,
    },
    plugins: [absentStayOutside],
  });
  for (const program of ownPrograms[name] ?? []) await cp(join(dist, program), join(directory, program));
  return { path, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Nest asks for packages that are installed only where they are wanted. */
const absentStayOutside: Plugin = {
  name: 'absent packages stay outside',
  setup: (bundling) => {
    bundling.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === asked) return undefined;
      const found = await bundling.resolve(path, { ...options, pluginData: asked });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};
