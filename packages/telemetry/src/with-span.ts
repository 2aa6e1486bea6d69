import {
  type Attributes,
  type Context,
  context,
  type Link,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { currentEventId } from './event-context.ts';
import { ATTRIBUTES } from './names.ts';
import type { TraceHeaders } from './trace-context.ts';

const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
} as const;

export interface SpanOptions {
  /** From `SPANS`. */
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  /** Keys from `ATTRIBUTES`. */
  readonly attributes?: Attributes;
  /** Trace context from a request's or record's headers; absent = the present span is the parent. */
  readonly parent?: TraceHeaders;
  /** Trace contexts that belong to it without being its parent, e.g. those of a batch. */
  readonly links?: readonly TraceHeaders[];
}

/**
 * Runs `work` inside a span that ends with it; a throw marks the span as failed (its class as `error.type`) and passes.
 * Costs next to nothing where no tracer is registered.
 */
export async function withSpan<Result>(options: SpanOptions, work: (span: Span) => Promise<Result>): Promise<Result> {
  const parent = options.parent === undefined ? context.active() : extractContext(options.parent);
  const eventId = currentEventId();
  const span = trace.getTracer('throughline').startSpan(
    options.name,
    {
      kind: KINDS[options.kind],
      attributes: { ...(eventId !== undefined && { [ATTRIBUTES.eventId]: eventId }), ...options.attributes },
      links: (options.links ?? []).flatMap(linkTo),
    },
    parent,
  );
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setAttribute(ATTRIBUTES.errorType, error instanceof Error ? error.name : typeof error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

function extractContext(headers: TraceHeaders): Context {
  return propagation.extract(context.active(), { ...headers });
}

function linkTo(headers: TraceHeaders): Link[] {
  const span = trace.getSpanContext(extractContext(headers));
  return span === undefined ? [] : [{ context: span }];
}
