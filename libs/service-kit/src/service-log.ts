import type { LoggerService } from '@nestjs/common';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { currentLogContext } from './log-context.js';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
type Fields = Record<string, unknown>;

/** What the log of a service always says. */
export interface ServiceLogOptions {
  readonly level: string;
  readonly service: string;
  readonly device?: string | undefined;
  /** Default: standard output. */
  readonly destination?: DestinationStream | undefined;
}

/**
 * The log of a service: one JSON line for each event, with the fields of the event and of the work that is being done.
 * `log.info('snapshot.ready', { restorePointId })`. It serves as Nest's logger too, whose texts become the event `nest`.
 */
export class ServiceLog implements LoggerService {
  private readonly logger: Logger;

  constructor({ level, service, device, destination }: ServiceLogOptions) {
    const options = {
      level,
      base: { service, ...(device === undefined ? {} : { device }) },
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      mixin: currentLogContext,
    };
    this.logger = destination === undefined ? pino(options) : pino(options, destination);
  }

  debug(event: unknown, ...rest: unknown[]): void {
    this.write('debug', event, rest);
  }

  verbose(event: unknown, ...rest: unknown[]): void {
    this.write('debug', event, rest);
  }

  info(event: unknown, ...rest: unknown[]): void {
    this.write('info', event, rest);
  }

  /** Nest's word for info; its own sentences on modules and routes are for debugging. */
  log(event: unknown, ...rest: unknown[]): void {
    this.write(entryOf(event, rest).event === 'nest' ? 'debug' : 'info', event, rest);
  }

  warn(event: unknown, ...rest: unknown[]): void {
    this.write('warn', event, rest);
  }

  error(event: unknown, ...rest: unknown[]): void {
    this.write('error', event, rest);
  }

  fatal(event: unknown, ...rest: unknown[]): void {
    this.write('fatal', event, rest);
  }

  private write(level: Level, first: unknown, rest: readonly unknown[]): void {
    const { event, fields } = entryOf(first, rest);
    this.logger[level](fields, event);
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !(value instanceof Error) && !Array.isArray(value);

/** Ours: an event name and fields. Nest's: a text or an error, then a stack, then the context as the last string. */
function entryOf(first: unknown, rest: readonly unknown[]): { event: string; fields: Fields } {
  const given = Object.assign({}, ...rest.filter(isFields)) as Fields;
  const texts = rest.filter((value) => typeof value === 'string');
  const context = texts.at(-1);
  const nest = {
    ...(context === undefined ? {} : { context }),
    ...(texts.length > 1 ? { stack: texts[0] } : {}),
    ...Object.assign({}, ...rest.filter((value) => value instanceof Error).map(describeError)),
  } as Fields;
  if (first instanceof Error) return { event: 'error', fields: { ...describeError(first), ...nest, ...given } };
  if (isFields(first)) {
    const { event, ...fields } = first;
    return { event: typeof event === 'string' ? event : 'nest', fields: { ...nest, ...fields, ...given } };
  }
  const name = String(first);
  // An event name is one word, such as snapshot.ready; anything else is a sentence of somebody else's code.
  if (/^[a-z][a-z0-9.-]*$/.test(name)) return { event: name, fields: { ...nest, ...given } };
  return { event: 'nest', fields: { message: name, ...nest, ...given } };
}

function describeError(error: Error): Fields {
  const code = 'code' in error ? { code: error.code } : {};
  const cause = error.cause instanceof Error ? { cause: String(error.cause) } : {};
  return { ...code, message: error.message, ...cause, stack: error.stack };
}
