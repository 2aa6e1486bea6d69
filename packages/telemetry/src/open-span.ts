import {
  type Attributes,
  type Context,
  context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { ATTRIBUTES } from './names.ts';
import type { TraceHeaders } from './trace-context.ts';

/** A span that lasts over several pieces of work, each run inside of it. */
export interface OpenSpan {
  run<Result>(work: () => Result): Result;
  /** Ends it; with an error it is marked as failed. */
  end(attributes: Attributes, error?: unknown): void;
}

export interface OpenSpanOptions {
  /** From `SPANS`. */
  readonly name: string;
  /** Keys from `ATTRIBUTES`. */
  readonly attributes: Attributes;
  /** Trace context from a record's headers: its parent, and linked to. */
  readonly parent: TraceHeaders;
}

/** Begins a consumer's span. */
export function openSpan({ name, attributes, parent }: OpenSpanOptions): OpenSpan {
  const from = contextOf(parent);
  const origin = trace.getSpanContext(from);
  const links = origin === undefined ? [] : [{ context: origin }];
  const span = trace.getTracer('throughline').startSpan(name, { kind: SpanKind.CONSUMER, attributes, links }, from);
  const inside = trace.setSpan(from, span);
  return {
    run: (work) => context.with(inside, work),
    end: (more, error) => {
      span.setAttributes(more);
      if (error !== undefined) {
        span.setAttribute(ATTRIBUTES.errorType, error instanceof Error ? error.name : typeof error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

/** Runs work in a trace that goes on without a span here: what the work publishes belongs to it. */
export function withTraceOf<Result>(parent: TraceHeaders, work: () => Result): Result {
  return context.with(contextOf(parent), work);
}

/**
 * Runs work that makes spans of its own, such as a client's call, without the trace when nobody records it: those spans would cost several times what the call does,
 * and show nothing. Not for calls that carry the trace on.
 */
export function outsideUnsampledTrace<Result>(work: () => Result): Result {
  const span = trace.getActiveSpan()?.spanContext();
  const isUnsampled = span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) === 0;
  return isUnsampled ? context.with(ROOT_CONTEXT, work) : work();
}

const SAMPLED = /-[0-9a-f][13579bdf](?:-|$)/;

/** Whether whoever began the trace has it recorded. */
export function isSampled(traceparent: string): boolean {
  return SAMPLED.test(traceparent.slice(52));
}

/** https://www.w3.org/TR/trace-context: version-traceid-parentid-flags, of fixed length. The header was checked when it was read. */
function contextOf({ traceparent, tracestate }: TraceHeaders): Context {
  if (traceparent === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: isSampled(traceparent) ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  });
}
