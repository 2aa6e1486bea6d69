import type { Instrumentation } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { createHttpInstrumentation } from './http-instrumentation.ts';

/**
 * Only what services use: each instrumentation costs start-up time and every call. Kafka is not among them: the backbone makes its own messaging spans.
 * Queries and commands outside a trace (polling, heartbeats) give no spans; values of queries and commands are never in them.
 */
export function createInstrumentations(): Instrumentation[] {
  return [
    createHttpInstrumentation(),
    new ExpressInstrumentation({ ignoreLayersType: [ExpressLayerType.MIDDLEWARE] }),
    new PgInstrumentation({ requireParentSpan: true, enhancedDatabaseReporting: false }),
    new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
  ];
}
