import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Planted texts by what they stand for. */
export type Canaries = Readonly<Record<string, string>>;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A text as it is, and as it stands in base64 at each of the three places within a group. */
function formsOf(text: string): string[] {
  // The first and the last characters depend on what is around.
  const shifted = ['', 'x', 'xx'].map((before) => base64(before + text).slice(4, -4));
  return [text, encodeURIComponent(text), ...shifted];
}

/** Which of the planted texts are in a text or in the bytes of a file. */
export function canariesIn(canaries: Canaries, content: string | Buffer): string[] {
  const text = typeof content === 'string' ? content : content.toString('latin1');
  return Object.entries(canaries).flatMap(([name, value]) =>
    formsOf(value).some((form) => text.includes(form)) ? [name] : [],
  );
}

/** Every regular file below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** The files below a folder that hold one of the texts, each with what it holds. */
export function filesWith(canaries: Canaries, folder: string): string[] {
  return filesBelow(folder).flatMap((path) =>
    canariesIn(canaries, readFileSync(path)).map((name) => `${path}: ${name}`),
  );
}

/** What users other than its owner reach below a folder, and may read or list. */
export function openToOthers(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const entry = lstatSync(path);
    if (entry.isSymbolicLink()) return [];
    const open = (entry.mode & 0o044) !== 0 ? [`${path} ${(entry.mode & 0o7777).toString(8)}`] : [];
    return entry.isDirectory() && (entry.mode & 0o011) !== 0 ? [...open, ...openToOthers(path)] : open;
  });
}
