import { context, isSpanContextValid, type SpanContext, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { ATTRIBUTES, SPANS } from './names.ts';
import type { TraceHeaders } from './trace-context.ts';

/** The span of an event's birth, ended by hand. */
export interface CreateSpan {
  /** Its trace context, for the event's record; empty where nothing is traced. */
  readonly headers: TraceHeaders;
  /** Ends it; an error marks it as failed (its class as `error.type`). */
  end(error?: unknown): void;
}

/** Begins it under the present span. Nothing runs inside of it, so it need not become the present one: that would cost as much again. */
export function openCreateSpan({ id, type }: { readonly id: string; readonly type: string }): CreateSpan {
  const options = { kind: SpanKind.PRODUCER, attributes: { [ATTRIBUTES.eventId]: id } };
  const span = trace.getTracer('throughline').startSpan(SPANS.create(type), options, context.active());
  return {
    headers: headersOf(span.spanContext()),
    end: (error) => {
      if (error !== undefined) {
        span.setAttribute(ATTRIBUTES.errorType, error instanceof Error ? error.name : typeof error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

/** https://www.w3.org/TR/trace-context: version-traceid-parentid-flags */
function headersOf(span: SpanContext): TraceHeaders {
  if (!isSpanContextValid(span)) return {};
  const flags = (span.traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED ? '01' : '00';
  const traceparent = `00-${span.traceId}-${span.spanId}-${flags}`;
  return span.traceState === undefined ? { traceparent } : { traceparent, tracestate: span.traceState.serialize() };
}
