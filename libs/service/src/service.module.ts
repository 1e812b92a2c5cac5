import { Controller, Get, Header, Inject, Module, Res, type DynamicModule } from '@nestjs/common';
import type { Health, Hosted } from './hosted.ts';
import { processMetrics } from './process-metrics.ts';
import { prometheusText } from './prometheus.ts';

const HOSTED = Symbol('millrace.hosted');

/** The part of an HTTP response that the controllers use. */
interface HttpResponse {
  status(code: number): HttpResponse;
  json(body: unknown): void;
}

/** `/health/live` and `/health/ready`: 200 or 503, with the reason. */
@Controller('health')
class HealthController {
  constructor(@Inject(HOSTED) private readonly hosted: Hosted) {}

  @Get('live')
  live(@Res() response: HttpResponse): void {
    answer(response, this.hosted.live());
  }

  @Get('ready')
  ready(@Res() response: HttpResponse): void {
    answer(response, this.hosted.ready());
  }
}

function answer(response: HttpResponse, health: Health): void {
  response.status(health.ok ? 200 : 503).json({ status: health.ok ? 'ok' : 'unavailable', reason: health.reason });
}

/** `/metrics` for Prometheus. */
@Controller('metrics')
class MetricsController {
  constructor(@Inject(HOSTED) private readonly hosted: Hosted) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): string {
    return prometheusText([...this.hosted.metrics(), ...processMetrics()]);
  }
}

/** HTTP side of a container around what it hosts. */
@Module({})
export class ServiceModule {
  static around(hosted: Hosted): DynamicModule {
    return {
      module: ServiceModule,
      controllers: [HealthController, MetricsController],
      providers: [{ provide: HOSTED, useValue: hosted }],
    };
  }
}
