/**
 * Writes a fixture for each message that has none yet: the message as it was when its version was made. A fixture is
 * never changed, so that the tests show that what an older service wrote can still be read.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { flow } from '@snapfleet/contracts';
import { exampleMessage } from './docs/example-message.ts';
import { json } from './docs/markdown.ts';

const folder = new URL('../tests/contracts/fixtures/', import.meta.url);

for (const message of flow) {
  const versioned = new URL(`v${String(message.version)}/`, folder);
  await mkdir(versioned, { recursive: true });
  const file = new URL(`${message.plane}.${message.name}.json`, versioned);
  await writeFile(file, `${json(exampleMessage(message))}\n`, { flag: 'wx' }).catch((thrown: unknown) => {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  });
}
