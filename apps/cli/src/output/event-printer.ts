import { createRequire } from 'node:module';
import type { EventData, SnapfleetEvent } from '@snapfleet/client';
import type { MultiBar, SingleBar } from 'cli-progress';
import { describeEvent, progressText, toneOf } from './describe-event.js';
import type { Terminal } from './terminal.js';
import { timeOfDay } from './units.js';
import { visible } from './visible-text.js';

type Progress = typeof import('cli-progress');

/** Shows events as they arrive: a line each, and a bar for each backup where a person watches. */
export class EventPrinter {
  private bars: MultiBar | undefined;
  private readonly barOf = new Map<string, SingleBar>();

  constructor(
    private readonly terminal: Terminal,
    /** Where a line goes: events that are the result go to stdout, those on the way to it to stderr. */
    private readonly print: (line: string) => void,
  ) {}

  show(event: SnapfleetEvent): void {
    if (event.name === 'backup.progress' && this.terminal.interactive) {
      this.showProgress(event.data);
      return;
    }
    if (event.name === 'backup.completed') this.finish(event.data.backup.mover);
    if (event.name === 'backup.failed') this.finish(event.data.mover);
    this.showLine(lineOf(this.terminal, event));
  }

  /** Takes the bars away. */
  end(): void {
    this.bars?.stop();
    this.bars = undefined;
    this.barOf.clear();
  }

  private showLine(line: string): void {
    if (this.bars === undefined) this.print(line);
    else this.bars.log(`${line}\n`);
  }

  private finish(mover: string): void {
    const bar = this.barOf.get(mover);
    if (bar === undefined) return;
    this.bars?.remove(bar);
    this.barOf.delete(mover);
    if (this.barOf.size === 0) this.end();
  }

  private showProgress(data: EventData<'backup.progress'>): void {
    const total = data.bytesTotal ?? 0;
    const payload = { mover: visible(data.mover), step: data.step, text: progressText(data) };
    const bar = this.barOf.get(data.mover) ?? this.startBar(data.mover, payload);
    bar.setTotal(Math.max(total, data.bytesDone, 1));
    bar.update(data.bytesDone, payload);
  }

  private startBar(mover: string, payload: object): SingleBar {
    this.bars ??= this.createBars();
    const bar = this.bars.create(1, 0, payload);
    this.barOf.set(mover, bar);
    return bar;
  }

  private createBars(): MultiBar {
    // Loaded when the first backup reports progress: most calls draw no bar.
    const { MultiBar, Presets } = createRequire(import.meta.url)('cli-progress') as Progress;
    const format = '          {mover} {step} {bar} {percentage}% {text}';
    return new MultiBar({ format, barsize: 24, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  }
}

/** An event as one line for people. */
export function lineOf(terminal: Terminal, event: SnapfleetEvent): string {
  const name = terminal.paint(toneOf(event), event.name.padEnd(25));
  return `${terminal.paint('quiet', timeOfDay(event.storedAt))}  ${name}  ${visible(describeEvent(event))}`.trimEnd();
}
