import { expect, test } from 'vitest';
import { KubernetesApiError } from '../api/kubernetes-api-error.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import { WaitDeadlineError } from './wait-deadline-error.js';
import { watchUntil, type WatchEvent, type WatchSource } from './watch-until.js';

const object = (name: string, resourceVersion: string): KubernetesObject => ({
  metadata: { name, uid: name, resourceVersion },
});
const added = (name: string, version: string): WatchEvent<KubernetesObject> => ({
  type: 'ADDED',
  object: object(name, version),
});

type Step = readonly WatchEvent<KubernetesObject>[] | KubernetesApiError | 'silence';

/** A source whose watches go as written; it remembers from which version each one began. */
class Script implements WatchSource<KubernetesObject> {
  readonly name = 'Thing';
  readonly begun: string[] = [];
  lists = 0;

  constructor(
    private readonly items: readonly KubernetesObject[],
    private readonly steps: Step[],
  ) {}

  list(): Promise<{ items: readonly KubernetesObject[]; resourceVersion: string }> {
    this.lists += 1;
    return Promise.resolve({ items: this.items, resourceVersion: String(this.lists * 100) });
  }

  async *watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<KubernetesObject>> {
    this.begun.push(resourceVersion);
    const step = this.steps.shift() ?? 'silence';
    if (step instanceof KubernetesApiError) throw step;
    if (step === 'silence') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return;
    }
    yield* step;
  }
}

const named = (name: string) => (objects: readonly KubernetesObject[]) =>
  objects.find(({ metadata }) => metadata.name === name)?.metadata.resourceVersion;
const long = { deadlineMs: 20_000 };

test('what is there already needs no watch', async () => {
  const source = new Script([object('a', '1')], []);
  await expect(watchUntil(source, named('a'), long)).resolves.toBe('1');
  expect(source.begun).toEqual([]);
});

test('a watch that ends is taken up again from the last version seen, bookmarks included', async () => {
  const source = new Script(
    [],
    [[added('a', '105')], [{ type: 'BOOKMARK', resourceVersion: '110' }], [added('b', '111')]],
  );
  await expect(watchUntil(source, named('b'), long)).resolves.toBe('111');
  expect(source.begun).toEqual(['100', '105', '110']);
  expect(source.lists).toBe(1);
});

test('a version that is too old is listed again', async () => {
  const source = new Script([], [new KubernetesApiError(410, 'Expired', 'too old'), [added('a', '201')]]);
  await expect(watchUntil(source, named('a'), long)).resolves.toBe('201');
  expect(source.begun).toEqual(['100', '200']);
});

test('a dropped connection is taken up again', async () => {
  const source = new Script([], [new KubernetesApiError(0, 'NoAnswer', 'reset'), [added('a', '101')]]);
  await expect(watchUntil(source, named('a'), long)).resolves.toBe('101');
});

test('the absence of an object is seen when it is deleted', async () => {
  const gone: WatchEvent<KubernetesObject> = { type: 'DELETED', object: object('a', '101') };
  const source = new Script([object('a', '1')], [[gone]]);
  await expect(watchUntil(source, (all) => (all.length === 0 ? 'gone' : undefined), long)).resolves.toBe('gone');
});

test('a refusal ends the waiting at once', async () => {
  const source = new Script([], [new KubernetesApiError(403, 'Forbidden', 'no')]);
  await expect(watchUntil(source, named('a'), long)).rejects.toMatchObject({ status: 403 });
});

test('what the decision throws comes out as it is', async () => {
  const reason = new Error('not this one');
  const decide = (): undefined => {
    throw reason;
  };
  await expect(watchUntil(new Script([], []), decide, long)).rejects.toBe(reason);
});

test('after the deadline the error holds what was there', async () => {
  const source = new Script([object('a', '1')], ['silence']);
  const failure = await watchUntil(source, named('b'), { deadlineMs: 50 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WaitDeadlineError);
  expect(failure).toMatchObject({ lastSeen: [object('a', '1')] });
});

test('an abort ends the waiting with its reason', async () => {
  const stop = new AbortController();
  const waiting = watchUntil(new Script([], ['silence']), named('b'), { ...long, signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
