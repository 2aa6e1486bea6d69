import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { withEventId } from './event-context.ts';
import { createLogger } from './logger.ts';
import { ATTRIBUTES, SPANS } from './names.ts';
import { currentTraceHeaders, currentTraceId } from './trace-context.ts';
import { withSpan } from './with-span.ts';

const parent = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'vendor=1' };
const other = { traceparent: '00-11111111111111111111111111111111-2222222222222222-01' };

describe('without a tracer', () => {
  it('runs the work, with no ids', async () => {
    const result = await withSpan({ name: 'x', kind: 'internal' }, async () => [currentTraceId(), currentTraceHeaders()]);
    expect(result).toEqual([undefined, {}]);
  });
});

describe('with a tracer', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(provider);
  });
  afterEach(() => exporter.reset());
  afterAll(async () => {
    await provider.shutdown();
    trace.disable();
    propagation.disable();
    context.disable();
  });

  it('continues the trace of a record’s headers and links to others', async () => {
    const headers = await withSpan(
      {
        name: SPANS.process('storage.object.v1'),
        kind: 'consumer',
        parent,
        links: [parent, other, {}],
        attributes: { [ATTRIBUTES.messagingSystem]: 'kafka' },
      },
      async () => currentTraceHeaders(),
    );
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'process storage.object.v1',
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.system': 'kafka' },
    });
    expect(span?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(span?.links.map((link) => link.context.spanId)).toEqual(['b7ad6b7169203331', '2222222222222222']);
    expect(headers.traceparent).toBe(`00-0af7651916cd43dd8448eb211c80319c-${span?.spanContext().spanId}-01`);
    expect(headers.tracestate).toBe('vendor=1');
  });

  it('puts the event in hand on spans, and the span on log lines', async () => {
    const lines: string[] = [];
    const logger = createLogger({ name: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } });
    await withEventId('e-1', () => withSpan({ name: 'inner', kind: 'internal' }, async () => logger.info('hello')));
    await withSpan({ name: 'outer', kind: 'internal' }, () => withEventId('e-2', async () => {}));
    const [inner, outer] = exporter.getFinishedSpans();
    expect(inner?.attributes).toEqual({ 'event.id': 'e-1' });
    expect(outer?.attributes).toEqual({ 'event.id': 'e-2' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      event_id: 'e-1',
      trace_id: inner?.spanContext().traceId,
      span_id: inner?.spanContext().spanId,
    });
  });

  it('marks what throws as failed and lets the error pass', async () => {
    const failure = new TypeError('no');
    await expect(withSpan({ name: 'failing', kind: 'internal' }, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(exporter.getFinishedSpans()[0]).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'TypeError' } });
  });
});
