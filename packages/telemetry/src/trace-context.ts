import { context, isSpanContextValid, propagation, trace } from '@opentelemetry/api';

/** W3C trace context, as it travels in headers of requests and records. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The present span as headers; empty where nothing is traced. */
export function currentTraceHeaders(): TraceHeaders {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  const { traceparent, tracestate } = carrier;
  return { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) };
}

/** 32 hexadecimal digits, or undefined where nothing is traced. */
export function currentTraceId(): string | undefined {
  return currentSpanIds()?.traceId;
}

/** Ids of the present span. */
export function currentSpanIds(): { readonly traceId: string; readonly spanId: string } | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span !== undefined && isSpanContextValid(span) ? { traceId: span.traceId, spanId: span.spanId } : undefined;
}
