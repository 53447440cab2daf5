import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import {
  createMessage,
  encodeMessage,
  parseEnvelope,
  parseSubject,
  RestorePointId,
  SnapshotReady,
  subjectFor,
  type VolumeHandle,
} from '@snapfleet/contracts';
import type { NatsConnection } from '@nats-io/nats-core';
import { bundleService, type ServiceBundle } from '../support/bundle-service.js';
import { commandOf, serviceUid } from '../support/services.js';
import { startedPort } from '../support/start-watch.js';
import type { GuestProgram } from '../support/uml/guest-jobs.js';
import { waitUntil } from '../support/wait-until.js';
import { device, type HostUnderTest } from './host-under-test.js';

const directory = '/run/snapfleet-worker';
const deadlineMs = 120_000;

/** How a backup ended: the name and the data of the event. */
export interface BackupEnd {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** The backup worker as a process in the guest, with a destination of files there. */
export class WorkerUnderTest {
  readonly destination = `${directory}/destination`;
  readonly #ends: BackupEnd[] = [];

  private constructor(
    private readonly connection: NatsConnection,
    private readonly program: GuestProgram,
    private readonly bundle: ServiceBundle,
  ) {
    connection.subscribe('snap.v1.evt.*.backup.*', {
      callback: (_error, { subject, data }) => {
        const name = parseSubject(subject)?.name ?? subject;
        this.#ends.push({ name, data: parseEnvelope(data).data as Record<string, unknown> });
      },
    });
  }

  static async start(host: HostUnderTest): Promise<WorkerUnderTest> {
    const bundle = await bundleService('backup-worker');
    await host.inGuest(
      'mkdir -p "$1/destination" "$1/scratch"; chown -R "$2:$2" "$1"',
      ...[directory, String(serviceUid)],
    );
    const [program, ...argv] = commandOf('backup-worker');
    const started = Promise.withResolvers<undefined>();
    const running = await host.guest.start(program, [...argv.slice(0, -1), bundle.path], {
      workingDirectory: '/',
      env: {
        ...host.natsEnvironment,
        SNAPFLEET_DESTINATION: `${directory}/destination`,
        SNAPFLEET_SCRATCH_DIR: `${directory}/scratch`,
      },
      onLine: (line) => {
        host.log.push(line);
        if (startedPort(line) !== undefined) started.resolve(undefined);
      },
    });
    running.ended.then(
      () => {
        started.reject(new Error(`backup-worker ended:\n${host.log.slice(-20).join('\n')}`));
      },
      () => undefined,
    );
    await started.promise;
    return new WorkerUnderTest(await host.connection(), running, bundle);
  }

  /** Has a snapshot backed up as a restore point of its own, and waits for the end. */
  async backUp(snapshotHandle: VolumeHandle): Promise<BackupEnd> {
    const ready = SnapshotReady.data.parse(SnapshotReady.example);
    const restorePointId = RestorePointId.parse(randomUUID());
    const message = createMessage(
      SnapshotReady,
      { ...ready, restorePointId, snapshot: { ...ready.snapshot, snapshotHandle }, movers: ['copy'], verify: [] },
      { device, publisher: 'test' },
    );
    await jetstream(this.connection).publish(subjectFor(SnapshotReady, device), encodeMessage(message));
    return await waitUntil(
      'the backup has ended',
      () =>
        this.#ends.find(
          ({ name, data }) =>
            data['restorePointId'] === restorePointId && ['backup.completed', 'backup.failed'].includes(name),
        ),
      { deadlineMs },
    );
  }

  async stop(): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.ended;
    await this.bundle.remove();
  }
}
