import type { DeviceTopology } from './recovery-ports.js';

interface DeclareLostParts {
  readonly topology: DeviceTopology;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/**
 * Where each service has a key of its own, one party declares for all (ADR 0010): a service whose consumer is gone can only
 * wait. The orchestrator's own loops notice their own consumers alone, so that those of the others are looked for here.
 */
export class DeclareLost {
  constructor(private readonly parts: DeclareLostParts) {}

  async run(): Promise<void> {
    const consumers = await this.parts.topology.redeclare();
    if (consumers.length > 0) this.parts.report('consumers.declared-again', { consumers });
  }
}
