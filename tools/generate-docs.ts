/**
 * Writes docs/reference from the contracts, which must be built. With --check it writes nothing and fails when a
 * committed page is not what it would write.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { asyncApi } from './docs/asyncapi.ts';
import { errorsPage } from './docs/errors-page.ts';
import { exitCodesPage } from './docs/exit-codes-page.ts';
import { flowPage } from './docs/flow-page.ts';
import { messagesPage } from './docs/messages-page.ts';
import { statesPage } from './docs/states-page.ts';

const folder = new URL('../docs/reference/', import.meta.url);
const pages: Readonly<Record<string, string>> = {
  'messages.md': messagesPage(),
  'errors.md': errorsPage(),
  'exit-codes.md': exitCodesPage(),
  'flow.md': flowPage(),
  'states.md': statesPage(),
  'asyncapi.yaml': asyncApi(),
};

const committed = async (name: string): Promise<string | undefined> =>
  readFile(new URL(name, folder), 'utf8').catch(() => undefined);

async function check(): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const strangers = names
    .filter((name) => !(name in pages))
    .map((name) => `${name} is not generated; move it elsewhere`);
  const texts = await Promise.all(Object.keys(pages).map(committed));
  const stale = Object.keys(pages).filter((name, index) => pages[name] !== texts[index]);
  return [...strangers, ...stale.map((name) => `${name} is not what the contracts say`)];
}

if (process.argv.includes('--check')) {
  const problems = await check();
  for (const problem of problems) console.error(`docs/reference/${problem}`);
  if (problems.length > 0) {
    console.error('Write the pages again: npm run build && npm run docs');
    process.exitCode = 1;
  }
} else {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(pages)) await writeFile(new URL(name, folder), text);
}
