// Runs inside a guest as the user of the workers: for each path that comes in a line, scans what is there as a backup does,
// and answers with what came of it. Node runs this file as it is, so it has erasable syntax only.
import { createInterface } from 'node:readline';
import { SnapfleetError } from '@snapfleet/contracts';
import { scanVolume } from '@snapfleet/movers';

const manifestFile = `${String(process.argv[2])}/manifest.jsonl`;

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const { path, volumeMode } = JSON.parse(line) as { path: string; volumeMode: 'Filesystem' | 'Block' };
  const answer = await scanVolume({ path, volumeMode, manifestFile }).then(
    ({ files, entries }) => ({ files, entries }),
    (thrown: unknown) => {
      const { code, message } = SnapfleetError.from(thrown);
      return { code, message };
    },
  );
  console.log(JSON.stringify(answer));
}
