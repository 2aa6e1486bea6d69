export { currentEventId, withEventId } from './event-context.ts';
export { flushSpans } from './flush-spans.ts';
export { createLogger, LOG_LEVELS, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
export { ATTRIBUTES, METRICS, type MetricDefinition, SPANS } from './names.ts';
export { currentTraceHeaders, currentTraceId, type TraceHeaders } from './trace-context.ts';
export { type SpanOptions, withSpan } from './with-span.ts';
export { withoutCredentials } from './without-credentials.ts';
