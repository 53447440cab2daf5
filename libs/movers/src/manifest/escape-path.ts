const backslash = 0x5c;
const notPrintable = /[\p{C}\p{Zl}\p{Zp}]/u;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const escapeByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function decodeOne(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * A file name as text that can be printed and turned back: every byte that is not part of printable UTF-8, and the
 * backslash, becomes `\xNN`.
 */
export function escapePath(path: Uint8Array): string {
  let text = '';
  for (let at = 0; at < path.length;) {
    const first = path[at] ?? 0;
    const sequence = path.subarray(at, at + sequenceLength(first));
    const decoded = first === backslash ? undefined : decodeOne(sequence);
    if (decoded === undefined || notPrintable.test(decoded)) {
      text += escapeByte(first);
      at += 1;
    } else {
      text += decoded;
      at += sequence.length;
    }
  }
  return text;
}

/**
 * The bytes of an escaped file name.
 * @throws RangeError when a backslash is not followed by `x` and two hexadecimal digits
 */
export function unescapePath(text: string): Buffer {
  const [start = '', ...escaped] = text.split('\\');
  const parts = [Buffer.from(start)];
  for (const part of escaped) {
    if (!/^x[0-9a-f]{2}/.test(part)) throw new RangeError(`"${text}" has a backslash that escapes nothing`);
    parts.push(Buffer.from(part.slice(1, 3), 'hex'), Buffer.from(part.slice(3)));
  }
  return Buffer.concat(parts);
}
