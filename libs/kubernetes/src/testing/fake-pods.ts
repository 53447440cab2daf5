import { KubernetesApiError } from '../api/kubernetes-api-error.js';
import { ExecDeadlineError } from '../exec/exec-deadline-error.js';
import type { ExecResult, PodApi, PodCommand } from '../exec/pod-exec-api.js';
import type { Pod } from '../objects/pod.js';
import type { WaitOptions } from '../resources/resource-api.js';
import type { ObjectKey } from '../resources/resource-definition.js';
import { FakeResource } from './fake-resource.js';

/** What a program of a test does in a Pod; by default it succeeds and says nothing. */
export type FakeProgram = (pod: Pod, words: readonly string[], signal: AbortSignal) => Promise<Partial<ExecResult>>;

/** Pods in memory in which commands run that the test plays. */
export class FakePods extends FakeResource<Pod> implements PodApi {
  readonly programs = new Map<string, FakeProgram>();

  async exec({ namespace = '', name }: ObjectKey, wish: PodCommand, options: WaitOptions): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const pod = this.objects.get(`${namespace}/${name}`);
    if (pod === undefined) throw new KubernetesApiError(404, 'NotFound', `pods "${name}" not found`);
    const [program = ''] = wish.command;
    this.world.record(`exec ${name}/${wish.container} ${program}`);
    const run = this.programs.get(program);
    const deadline = AbortSignal.timeout(options.deadlineMs);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
    const ended =
      run === undefined ? {} : await Promise.race([run(pod, wish.command, signal), abortOf(signal, options)]);
    return { exitCode: 0, stdout: '', stderr: '', ...ended };
  }
}

function abortOf(signal: AbortSignal, options: WaitOptions): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(
        options.signal?.aborted === true
          ? (options.signal.reason as Error)
          : new ExecDeadlineError('it did not end in time', 'half of it', ''),
      );
    });
  });
}
