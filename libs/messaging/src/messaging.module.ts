import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NatsLink } from './connection/nats-link.js';
import type { MessagingOptions } from './messaging-options.js';
import { AgentCommands } from './publish/agent-commands.js';
import { EventPublisher } from './publish/event-publisher.js';

/** Opens the link with the application and closes it last, when no handler is left that might publish. */
@Injectable()
class LinkLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(NatsLink) private readonly link: NatsLink) {}

  onApplicationBootstrap(): void {
    void this.link.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.link.close();
  }
}

/** Gives every module of the application the publishing side: EventPublisher and AgentCommands. */
@Module({})
export class MessagingModule {
  /** For the root module of a service. */
  static forRoot(options: MessagingOptions): DynamicModule {
    const link = new NatsLink(options, 'publish');
    return {
      module: MessagingModule,
      global: true,
      providers: [
        { provide: NatsLink, useValue: link },
        { provide: EventPublisher, useValue: new EventPublisher(link, options) },
        { provide: AgentCommands, useValue: new AgentCommands(link, options) },
        LinkLifetime,
      ],
      exports: [EventPublisher, AgentCommands, NatsLink],
    };
  }
}
