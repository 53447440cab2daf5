import { escapePath } from './escape-path.js';

// Who may set the others, or whether they mean anything elsewhere, depends on the machine: SELinux labels are set anew
// by the kubelet, `trusted` needs CAP_SYS_ADMIN, IMA and EVM values are bound to one inode.
const kept = /^(user\..*|system\.posix_acl_access|system\.posix_acl_default|security\.capability)$/s;
const filePrefix = '# file: ';

/** How much may be held, in bytes of memory, about. */
export interface MostAttributes {
  readonly ofFile: number;
  readonly ofTree: number;
}

/** Half of the memory that a reader has by its unit (MemoryMax=1G) must be left to the rest of its work. */
export const mostAttributes: MostAttributes = { ofFile: 16 << 20, ofTree: 256 << 20 };

/** Of an object and of a text, beside their content. */
const overheadBytes = 64;

/** V8 tells long texts of one length apart only by comparing them in full (String::kMaxHashCalcLength). */
const longestShared = 4096;

/** Reads what `getfattr -d -m - -e hex` prints, as it comes. */
export class GetfattrParser {
  /** At which file there were more attributes than may be held; from then on nothing is kept. */
  excess: { readonly path: string; readonly of: 'file' | 'tree' } | undefined;
  private heldBytes = 0;
  private fileBytes = 0;
  private readonly byPath = new Map<string, Record<string, string>>();
  private readonly skipped = new Set<string>();
  private readonly seen = new Map<string, string>();
  private rest = '';
  private path = '';

  constructor(private readonly most: MostAttributes = mostAttributes) {}

  push(chunk: Uint8Array): void {
    const lines = (this.rest + Buffer.from(chunk).toString('latin1')).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  end(): { byPath: ReadonlyMap<string, Readonly<Record<string, string>>>; skipped: readonly string[] } {
    if (this.rest !== '') this.line(this.rest);
    this.rest = '';
    return { byPath: this.byPath, skipped: [...this.skipped] };
  }

  private line(line: string): void {
    if (line === '' || this.excess !== undefined) return;
    if (line.startsWith(filePrefix)) {
      this.path = copyOf(unescapeOctal(line.slice(filePrefix.length)).replace(/^\.\/?/, ''));
      this.fileBytes = 0;
      return;
    }
    const equals = line.indexOf('=');
    const name = unescapeOctal(equals === -1 ? line : line.slice(0, equals));
    if (!kept.test(name)) {
      this.skipped.add(name.startsWith('trusted.') ? 'trusted.*' : escapePath(Buffer.from(name, 'latin1')));
      return;
    }
    const value = equals === -1 ? '' : line.slice(equals + 1).replace(/^0x/, '');
    if (this.isTooMuch(name, value)) return;
    const attributes = this.byPath.get(this.path) ?? {};
    attributes[this.once(escapePath(Buffer.from(name, 'latin1')))] = this.once(value);
    this.byPath.set(this.path, attributes);
  }

  /** Takes account of one more attribute. A file is counted in full, since its line in the manifest has it in full. */
  private isTooMuch(name: string, value: string): boolean {
    const pathBytes = this.byPath.has(this.path) ? 0 : this.path.length + 2 * overheadBytes;
    this.fileBytes += name.length + value.length;
    this.heldBytes += pathBytes + overheadBytes + (this.seen.has(value) ? 0 : value.length);
    const { ofFile, ofTree } = this.most;
    const of = this.fileBytes > ofFile ? 'file' : this.heldBytes > ofTree ? 'tree' : undefined;
    if (of !== undefined) this.excess = { path: this.path, of };
    return of !== undefined;
  }

  // Most files of a tree have the same few attributes: one string for all.
  private once(text: string): string {
    const known = this.seen.get(text);
    if (known !== undefined) return known;
    const own = copyOf(text);
    if (own.length <= longestShared && this.seen.size < 10_000) this.seen.set(own, own);
    return own;
  }
}

// A part of a text keeps the whole of it in memory: here that of a chunk, most of which may be attributes that are not kept.
const copyOf = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

// attr's quote(): line breaks, "=" in names and backslashes are a backslash with three octal digits.
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
