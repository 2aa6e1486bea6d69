import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { openCreateSpan } from './create-span.ts';
import { withSpan } from './with-span.ts';

const event = { id: 'e-1', type: 'THING_HAPPENED' };

it('has no headers without a tracer', () => {
  const span = openCreateSpan(event);
  span.end();
  expect(span.headers).toEqual({});
});

describe('with a tracer', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(provider);
  });
  afterEach(() => exporter.reset());
  afterAll(async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
  });

  it('belongs to the present span, names its event, and is what its headers say', async () => {
    const span = await withSpan({ name: 'request', kind: 'server' }, async () => openCreateSpan(event));
    span.end();
    const [request, created] = exporter.getFinishedSpans();
    expect(created).toMatchObject({
      name: 'create THING_HAPPENED',
      kind: SpanKind.PRODUCER,
      attributes: { 'event.id': 'e-1' },
      parentSpanContext: { spanId: request?.spanContext().spanId },
    });
    const { traceId, spanId } = created?.spanContext() ?? {};
    expect(span.headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  });

  it('is marked as failed by an error', () => {
    openCreateSpan(event).end(new TypeError('no'));
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'TypeError' } });
  });
});
