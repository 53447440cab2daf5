/**
 * Writes docs/reference from the contracts, and deploy/rbac from what apps declare of the Kubernetes API; both must be
 * built. With --check it writes nothing and fails when a committed file is not what it would write.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { asyncApi } from './docs/asyncapi.ts';
import { errorsPage } from './docs/errors-page.ts';
import { exitCodesPage } from './docs/exit-codes-page.ts';
import { flowPage } from './docs/flow-page.ts';
import { messagesPage } from './docs/messages-page.ts';
import { statesPage } from './docs/states-page.ts';
import { rbacManifests } from './rbac/apps.ts';

type Files = Readonly<Record<string, string>>;

const root = new URL('../', import.meta.url);
/** The folders in which every file is generated. */
const folders: Readonly<Record<string, Files>> = {
  'docs/reference': {
    'messages.md': messagesPage(),
    'errors.md': errorsPage(),
    'exit-codes.md': exitCodesPage(),
    'flow.md': flowPage(),
    'states.md': statesPage(),
    'asyncapi.yaml': asyncApi(),
  },
  'deploy/rbac': rbacManifests(),
};

const urlOf = (folder: string, name = ''): URL => new URL(`${folder}/${name}`, root);

async function problemsOf(folder: string, files: Files): Promise<string[]> {
  const present = await readdir(urlOf(folder)).catch(() => []);
  const strangers = present.filter((name) => !(name in files)).map((name) => `${name} is not generated; move it away`);
  const texts = await Promise.all(
    Object.keys(files).map((name) => readFile(urlOf(folder, name), 'utf8').catch(() => undefined)),
  );
  const stale = Object.keys(files).filter((name, index) => files[name] !== texts[index]);
  const problems = [...strangers, ...stale.map((name) => `${name} is not what the code says`)];
  return problems.map((problem) => `${folder}/${problem}`);
}

async function write(folder: string, files: Files): Promise<void> {
  await mkdir(urlOf(folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(urlOf(folder, name), text);
}

const all = Object.entries(folders);
if (process.argv.includes('--check')) {
  const problems = (await Promise.all(all.map(([folder, files]) => problemsOf(folder, files)))).flat();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error('Write the files again: npm run build && npm run docs');
    process.exitCode = 1;
  }
} else {
  for (const [folder, files] of all) await write(folder, files);
}
