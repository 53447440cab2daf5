import { Controller, Inject, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  DeviceId,
  identities,
  SnapshotCreate,
  SnapshotList,
  SnapshotReady,
  VolumeConceal,
  type DataOf,
  type MessageDefinition,
  type MessageOf,
  type Party,
  type ReplyOf,
} from '@snapfleet/contracts';
import {
  AgentCommandHandler,
  AgentCommands,
  CommandHandler,
  EventHandler,
  EventPublisher,
  JetStreamServer,
  MessagingModule,
  QueryHandler,
  type Delivery,
  type JetStreamServerOptions,
} from '@snapfleet/messaging';
import type { NatsServer } from '../support/nats-server.js';
import { readFileSync } from 'node:fs';
import { waitUntil } from '../support/wait-until.js';

export const device = DeviceId.parse('edge-1');

type Handler<Definition extends MessageDefinition, Result> = (
  message: MessageOf<DataOf<Definition>>,
  delivery: Delivery,
) => Promise<Result>;

/** What the handlers of a test service do; what a test does not give does nothing. */
export interface Behaviour {
  create?: Handler<typeof SnapshotCreate, void>;
  list?: Handler<typeof SnapshotList, ReplyOf<typeof SnapshotList>>;
  ready?: Handler<typeof SnapshotReady, void>;
  conceal?: Handler<typeof VolumeConceal, ReplyOf<typeof VolumeConceal>>;
}

const behaviourToken = Symbol('behaviour');

@Controller()
class OrchestratorController {
  constructor(@Inject(behaviourToken) private readonly behaviour: Behaviour) {}

  @CommandHandler(SnapshotCreate)
  async create(message: MessageOf<DataOf<typeof SnapshotCreate>>, delivery: Delivery): Promise<void> {
    await this.behaviour.create?.(message, delivery);
  }

  @QueryHandler(SnapshotList)
  async list(
    message: MessageOf<DataOf<typeof SnapshotList>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof SnapshotList>> {
    return (await this.behaviour.list?.(message, delivery)) ?? { restorePoints: [] };
  }
}

@Controller()
class ReadyController {
  constructor(@Inject(behaviourToken) private readonly behaviour: Behaviour) {}

  @EventHandler(SnapshotReady)
  async ready(message: MessageOf<DataOf<typeof SnapshotReady>>, delivery: Delivery): Promise<void> {
    await this.behaviour.ready?.(message, delivery);
  }
}

@Controller()
class HostController {
  constructor(@Inject(behaviourToken) private readonly behaviour: Behaviour) {}

  @AgentCommandHandler(VolumeConceal)
  async conceal(
    message: MessageOf<DataOf<typeof VolumeConceal>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof VolumeConceal>> {
    return (await this.behaviour.conceal?.(message, delivery)) ?? { concealed: true };
  }
}

@Module({})
class TestModule {}

const controllersOf: Partial<Record<Party, Type[]>> = {
  orchestrator: [OrchestratorController],
  'backup-worker': [ReadyController],
  'restore-verifier': [ReadyController],
  'host-lvm': [HostController],
};

/** One service of a device, in this process. */
export interface TestService {
  readonly transport: JetStreamServer;
  readonly events: EventPublisher;
  readonly commands: AgentCommands;
  close(): Promise<void>;
}

function nkeySeedOf({ seedFiles }: NatsServer, party: Party): (() => Uint8Array) | undefined {
  const identity = identities.find((name) => name === party);
  if (seedFiles === undefined || identity === undefined) return undefined;
  return () => new TextEncoder().encode(readFileSync(seedFiles[identity], 'ascii').trim());
}

type Adjustments = Partial<Omit<JetStreamServerOptions, 'party' | 'device' | 'servers' | 'token' | 'nkeySeed'>>;

/** Starts a service of this party with these handlers and waits until it takes messages. */
export async function startService(
  server: NatsServer,
  party: Party,
  behaviour: Behaviour = {},
  adjustments: Adjustments = {},
): Promise<TestService> {
  const { url: servers, token, caFile } = server;
  const connection = { party, device, servers, token, caFile, nkeySeed: nkeySeedOf(server, party) };
  const module: DynamicModule = {
    module: TestModule,
    imports: [MessagingModule.forRoot({ ...connection, publishDeadlineMs: 20_000 })],
    controllers: controllersOf[party] ?? [],
    providers: [{ provide: behaviourToken, useValue: behaviour }],
  };
  const quiet = { logger: false } as const;
  const app = await NestFactory.create(module, quiet);
  await app.init();
  const transport = new JetStreamServer({ ...connection, finishMs: 200, drainDeadlineMs: 1_000, ...adjustments });
  app.connectMicroservice({ strategy: transport });
  await app.startAllMicroservices();
  await waitUntil(`${party} takes messages`, () => transport.health().ready);
  return {
    transport,
    events: app.get(EventPublisher),
    commands: app.get(AgentCommands),
    close: async () => {
      await transport.close();
      await app.close();
    },
  };
}
