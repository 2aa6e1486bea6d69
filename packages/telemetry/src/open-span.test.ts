import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTRIBUTES } from './names.ts';
import { isSampled, openSpan, outsideUnsampledTrace, withTraceOf } from './open-span.ts';
import { currentTraceHeaders, currentTraceId } from './trace-context.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const parent = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, tracestate: 'vendor=1' };

describe('a span that stays open', () => {
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

  it('is a child of the record’s trace, linked to it, with several pieces of work inside', async () => {
    const span = openSpan({ name: 'process things.v1', attributes: { [ATTRIBUTES.messagingSystem]: 'kafka' }, parent });
    const inside = [span.run(() => currentTraceHeaders()), await span.run(async () => currentTraceHeaders())];
    span.end({ [ATTRIBUTES.eventOutcome]: 'handled' });
    const [finished] = exporter.getFinishedSpans();
    const { traceId, spanId } = finished?.spanContext() ?? {};
    expect(traceId).toBe(TRACE_ID);
    expect(inside).toEqual([1, 2].map(() => ({ traceparent: `00-${TRACE_ID}-${spanId}-01`, tracestate: 'vendor=1' })));
    expect(finished).toMatchObject({
      parentSpanContext: { spanId: 'b7ad6b7169203331' },
      links: [{ context: { spanId: 'b7ad6b7169203331' } }],
      attributes: { [ATTRIBUTES.messagingSystem]: 'kafka', [ATTRIBUTES.eventOutcome]: 'handled' },
      status: { code: SpanStatusCode.UNSET },
    });
  });

  it('is marked as failed with the class of an error', () => {
    openSpan({ name: 'x', attributes: {}, parent }).end({}, new TypeError('boom'));
    expect(exporter.getFinishedSpans()).toMatchObject([
      { status: { code: SpanStatusCode.ERROR }, attributes: { [ATTRIBUTES.errorType]: 'TypeError' } },
    ]);
  });

  it('is not needed for a trace to go on', () => {
    const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-00`;
    expect(withTraceOf({ traceparent }, () => [currentTraceId(), currentTraceHeaders()])).toEqual([TRACE_ID, { traceparent }]);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('is left by calls whose spans nobody would see', async () => {
    const idOf = (flags: string) =>
      withTraceOf({ traceparent: `00-${TRACE_ID}-b7ad6b7169203331-${flags}` }, async () => {
        const inside = await outsideUnsampledTrace(async () => currentTraceId());
        return [inside, currentTraceId()];
      });
    expect(await idOf('00')).toEqual([undefined, TRACE_ID]);
    expect(await idOf('01')).toEqual([TRACE_ID, TRACE_ID]);
    expect(outsideUnsampledTrace(() => 'without any')).toBe('without any');
  });
});

describe('whether a trace is recorded', () => {
  it.each([
    ['01', true],
    ['03', true],
    ['00', false],
    ['02', false],
    ['ff', true],
    ['01-and-more', true],
  ])('flags %s', (flags, expected) => {
    expect(isSampled(`00-${TRACE_ID}-b7ad6b7169203331-${flags}`)).toBe(expected);
  });
});
