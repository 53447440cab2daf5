import { readFileSync } from 'node:fs';

/** What lvm2 2.03.16 wrote in a guest, with the columns of `volumeColumns`. */
export const golden = (name: string): string =>
  readFileSync(new URL(`./lvs-2.03.16-${name}.out`, import.meta.url), 'utf8');
