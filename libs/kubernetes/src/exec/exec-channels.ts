import { z } from 'zod';
import { KubernetesApiError } from '../api/kubernetes-api-error.js';
import { OutputTail } from './output-tail.js';

/**
 * Subprotocols of `pods/exec`, the preferred one first; API servers before Kubernetes 1.30 have only the second. In both
 * the first byte of a message is its channel (k8s.io/apimachinery pkg/util/remotecommand).
 */
export const execProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const channel = { stdout: 1, stderr: 2, status: 3 } as const;
const keptBytes = 8 * 1024;

const Status = z.looseObject({
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({
      causes: z.array(z.looseObject({ reason: z.string().optional(), message: z.string().optional() })).nullish(),
    })
    .nullish(),
});

/** What comes over the connection of one command. */
export class ExecChannels {
  readonly stdout = new OutputTail(keptBytes);
  readonly stderr = new OutputTail(keptBytes);

  constructor(readonly name: string) {}

  /**
   * Takes a message. The status comes last, when all output has come: the exit code; undefined for everything else.
   * @throws KubernetesApiError where the status says that the command could not be run
   */
  take(message: Buffer): number | undefined {
    const content = message.subarray(1);
    switch (message[0]) {
      case channel.stdout:
        this.stdout.append(content);
        return undefined;
      case channel.stderr:
        this.stderr.append(content);
        return undefined;
      case channel.status:
        // Each channel is opened with an empty message.
        return content.length === 0 ? undefined : this.#exitCode(content.toString('utf8'));
      default:
        return undefined;
    }
  }

  #exitCode(text: string): number {
    const status = Status.safeParse(jsonOrUndefined(text)).data;
    if (status?.status === 'Success') return 0;
    const exitCode = status?.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
    if (status?.reason === 'NonZeroExitCode' && exitCode !== undefined) return Number(exitCode);
    const { code = 500, reason = 'Unknown', message = text.slice(0, 512) } = status ?? {};
    throw new KubernetesApiError(code, reason, `${this.name}: ${message}`);
  }
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
