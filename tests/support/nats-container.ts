import type { StartedTestContainer } from 'testcontainers';
import type { NatsRunner } from './nats-server.js';

/** nats-server as a container, through Testcontainers. Its data stay in the container, which a restart keeps. */
export class NatsContainer implements NatsRunner {
  private container: StartedTestContainer | undefined;
  private running = false;

  constructor(
    private readonly image: string,
    private readonly config: string,
    private readonly port: number,
    /** Files that the configuration names; they get the same path in the container. */
    private readonly files: readonly string[],
  ) {}

  async start(): Promise<void> {
    if (this.container === undefined) this.container = await this.create();
    else await (await this.handle(this.container)).start();
    this.running = true;
  }

  async reload(): Promise<void> {
    if (this.container === undefined) return;
    await this.container.copyFilesToContainer([{ source: this.config, target: '/nats.conf' }]);
    await (await this.handle(this.container)).kill({ signal: 'SIGHUP' });
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.container === undefined || !this.running) return;
    this.running = false;
    const handle = await this.handle(this.container);
    const ended = handle.wait({ condition: 'not-running' });
    await handle.kill({ signal });
    await ended;
  }

  async remove(): Promise<void> {
    const container = this.container;
    this.container = undefined;
    await container?.stop({ remove: true, removeVolumes: true });
  }

  private async create(): Promise<StartedTestContainer> {
    // The reaper is an image of its own, which a device without a registry does not have; remove() takes its place.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
    const { GenericContainer, Wait } = await import('testcontainers');
    return new GenericContainer(this.image)
      .withCommand(['--config', '/nats.conf'])
      .withCopyFilesToContainer([
        { source: this.config, target: '/nats.conf' },
        ...this.files.map((path) => ({ source: path, target: path })),
      ])
      .withExposedPorts({ container: 4222, host: this.port })
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .withStartupTimeout(30_000)
      .start();
  }

  private async handle(container: StartedTestContainer) {
    const { getContainerRuntimeClient } = await import('testcontainers');
    const client = await getContainerRuntimeClient();
    return client.container.getById(container.getId());
  }
}
