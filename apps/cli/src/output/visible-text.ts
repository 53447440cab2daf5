/**
 * What a terminal would act on or hide: control characters (C0, DEL, C1), bidirectional overrides, zero-width
 * characters, line and paragraph separators, and halves of surrogate pairs.
 */
const unsafe = /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Text from outside as one line that a terminal only shows: what it would act on is written as \xNN or \u{N}. */
export function visible(text: string): string {
  return text.replaceAll(unsafe, escaped);
}

/** The same for text of several lines, which are kept apart. */
export function visibleLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => visible(line));
}
