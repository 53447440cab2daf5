import { styleText } from 'node:util';
import type { TextStream } from '../runtime.js';
import { visible } from './visible-text.js';

/** What a line means, for its colour. */
export type Tone = 'good' | 'bad' | 'quiet' | 'strong';

const colours = { good: 'green', bad: 'red', quiet: 'gray', strong: 'bold' } as const;

/** Where a command writes: results to stdout, everything else to stderr. */
export class Terminal {
  constructor(
    private readonly stdout: TextStream,
    private readonly stderr: TextStream,
    /** One JSON document, or one a line, on stdout, and no text for people. */
    readonly json: boolean,
    private readonly colour: boolean,
  ) {}

  /** Whether a person watches, so that bars may be drawn. */
  get interactive(): boolean {
    return !this.json && this.stderr.isTTY === true;
  }

  /** A line of the result. */
  line(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  /** A line about the work, not part of the result; silent with --json. */
  note(text: string): void {
    if (!this.json) this.stderr.write(`${text}\n`);
  }

  /** A line about what went wrong. */
  complain(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** A JSON document, pretty for one result. */
  document(value: unknown): void {
    this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One JSON document on one line, for streams. */
  jsonLine(value: unknown): void {
    this.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Text from outside, made harmless, in the colour of its meaning. */
  paint(tone: Tone, text: string): string {
    const safe = visible(text);
    return this.colour ? styleText(colours[tone], safe, { validateStream: false }) : safe;
  }
}
