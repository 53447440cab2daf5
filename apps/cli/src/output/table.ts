import { createRequire } from 'node:module';
import { visible } from './visible-text.js';

// Loaded when the first table is drawn: most calls draw none.
const load = (): typeof import('cli-table3') =>
  createRequire(import.meta.url)('cli-table3') as typeof import('cli-table3');

const blank = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'
    .split(' ')
    .map((place) => [place, '']),
);

const draw = (rows: readonly (readonly string[])[], gap: string): string => {
  const Table = load();
  const table = new Table({
    chars: { ...blank, middle: gap },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

/** Rows under headings. Cells are made harmless for terminals. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return draw([headings, ...rows.map((row) => row.map(visible))], '  ');
}

/** Names and values, one a line. Values are made harmless for terminals; what is undefined is left out. */
export function properties(pairs: readonly (readonly [string, string | undefined])[]): string {
  const rows = pairs.flatMap(([name, value]) => (value === undefined ? [] : [[`${name}:`, visible(value)]]));
  return draw(rows, '  ');
}
