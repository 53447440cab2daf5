import { escapePath } from './escape-path.js';

// Who may set the others, or whether they mean anything elsewhere, depends on the machine: SELinux labels are set anew
// by the kubelet, `trusted` needs CAP_SYS_ADMIN, IMA and EVM values are bound to one inode.
const kept = /^(user\..*|system\.posix_acl_access|system\.posix_acl_default|security\.capability)$/s;
const filePrefix = '# file: ';

/** Reads what `getfattr -d -m - -e hex` prints, as it comes. */
export class GetfattrParser {
  private readonly byPath = new Map<string, Record<string, string>>();
  private readonly skipped = new Set<string>();
  private readonly seen = new Map<string, string>();
  private rest = '';
  private path = '';

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
    if (line === '') return;
    if (line.startsWith(filePrefix)) {
      this.path = unescapeOctal(line.slice(filePrefix.length)).replace(/^\.\/?/, '');
      return;
    }
    const equals = line.indexOf('=');
    const name = unescapeOctal(equals === -1 ? line : line.slice(0, equals));
    if (!kept.test(name)) {
      this.skipped.add(name.startsWith('trusted.') ? 'trusted.*' : escapePath(Buffer.from(name, 'latin1')));
      return;
    }
    const attributes = this.byPath.get(this.path) ?? {};
    const value = equals === -1 ? '' : line.slice(equals + 1).replace(/^0x/, '');
    attributes[this.once(escapePath(Buffer.from(name, 'latin1')))] = this.once(value);
    this.byPath.set(this.path, attributes);
  }

  // Most files of a tree have the same few attributes: one string for all.
  private once(text: string): string {
    const known = this.seen.get(text);
    if (known !== undefined) return known;
    if (this.seen.size < 10_000) this.seen.set(text, text);
    return text;
  }
}

// attr's quote(): line breaks, "=" in names and backslashes are a backslash with three octal digits.
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
