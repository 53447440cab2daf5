import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';

/** Whether the parts of a service that it needs for its work are well, by name. */
export type Readiness = () => Promise<Readonly<Record<string, boolean>>>;

/** Token of the readiness function. */
export const readinessToken = Symbol('snapfleet.readiness');

/** `/healthz`: the process runs. `/readyz`: it is connected and takes messages; 503 names the part that is not well. */
@Controller()
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(readinessToken) private readonly readiness: Readiness,
  ) {}

  @Get('healthz')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(): Promise<HealthCheckResult> {
    const parts = Object.entries(await this.readiness());
    return this.health.check(
      parts.map(([name, well]) => () => {
        const indicator = this.indicators.check(name);
        return well ? indicator.up() : indicator.down();
      }),
    );
  }
}
