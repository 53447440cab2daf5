import { InvalidArgumentError } from 'commander';

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnits = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** `90s`, `15m`, `2h`, `1d` in milliseconds. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) throw new InvalidArgumentError('Write it as 90s, 15m, 2h or 1d.');
  return Number(count) * durationUnits[unit as keyof typeof durationUnits];
}

/** The same in whole seconds. */
export function parseSeconds(text: string): number {
  return Math.ceil(parseDuration(text) / 1000);
}

/** `2Gi`, `500Mi` or a number of bytes. */
export function parseSize(text: string): number {
  const [, count, unit = ''] = /^(\d{1,15})(Ki|Mi|Gi|Ti)?$/.exec(text) ?? [];
  const size = count === undefined ? NaN : Number(count) * sizeUnits[unit as keyof typeof sizeUnits];
  if (!Number.isSafeInteger(size)) throw new InvalidArgumentError('Write it as 2Gi, 500Mi or a number of bytes.');
  return size;
}

/** A whole number that is at least 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a whole number that is at least 1.');
  return Number(text);
}

/** A volume as `<namespace>/<PersistentVolumeClaim>`. */
export interface Volume {
  readonly namespace: string;
  readonly persistentVolumeClaim: string;
}

export function parseVolume(text: string): Volume {
  const [namespace, persistentVolumeClaim, ...more] = text.split('/');
  if (!namespace || !persistentVolumeClaim || more.length > 0) {
    throw new InvalidArgumentError('Write it as <namespace>/<PersistentVolumeClaim>, such as shop/orders.');
  }
  return { namespace, persistentVolumeClaim };
}

const workloadKinds = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Pod'] as const;

/** A workload as `<kind>/<name>`. */
export interface WorkloadArgument {
  readonly kind: (typeof workloadKinds)[number];
  readonly name: string;
}

export function parseWorkload(text: string): WorkloadArgument {
  const [kindText = '', name, ...more] = text.split('/');
  const kind = workloadKinds.find((known) => known.toLowerCase() === kindText.toLowerCase());
  if (kind === undefined || !name || more.length > 0) {
    throw new InvalidArgumentError(`Write it as <kind>/<name>; kinds are ${workloadKinds.join(', ')}.`);
  }
  return { kind, name };
}

/** Gathers an option that is given several times, or once with commas. */
export function gather(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')];
}

/** A program with its arguments: a JSON array of strings, or one word; several are gathered. No shell is involved. */
export function gatherProgram(text: string, before: readonly string[][] = []): string[][] {
  if (!text.startsWith('[')) return [...before, [text]];
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return [...before, words];
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('Write it as one word, or as ["program", "--option", "argument"].');
}

/** Where to begin: `now`, a time such as 2026-11-23T10:00:00Z, or an age such as 2h. */
export function parseStart(text: string): 'now' | Date {
  if (text === 'now') return 'now';
  if (/^\d+[a-z]+$/.test(text)) return new Date(Date.now() - parseDuration(text));
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Write now, 2h, or 2026-11-23T10:00:00Z.');
  return time;
}
