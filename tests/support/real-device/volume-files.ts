import { dirname } from 'node:path';

/** A bash script that writes text files below its working directory, and makes sure that they are on disk. */
export function writingScript(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files).flatMap(([path, text]) => [
    `mkdir -p -- ${quoted(`./${dirname(path)}`)}`,
    `printf %s ${quoted(text)} > ${quoted(`./${path}`)}`,
  ]);
  return [...lines, 'sync -f .'].join('\n');
}

/** A bash script that prints path and content of every regular file below its working directory, for `parseFiles`. */
export const readingScript = `find . -type f -print0 | while IFS= read -r -d '' file; do
  printf '%s\\0' "\${file#./}"
  base64 -w0 -- "$file"
  printf '\\0'
done`;

/** What `readingScript` printed, as text by path. */
export function parseFiles(output: string): Record<string, string> {
  const fields = output.split('\0');
  const files: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) {
    files[fields[index] ?? ''] = Buffer.from(fields[index + 1] ?? '', 'base64').toString('utf8');
  }
  return files;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
