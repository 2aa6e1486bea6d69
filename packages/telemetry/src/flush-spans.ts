import { type ProxyTracerProvider, trace } from '@opentelemetry/api';

interface Flushable {
  forceFlush?(options?: { timeoutMillis: number }): Promise<void>;
}

/** Sends the spans that wait for their batch; call it last before the process exits. Does nothing where none are exported. @throws when they cannot be sent within the time. */
export async function flushSpans(timeoutMs: number): Promise<void> {
  const provider = (trace.getTracerProvider() as ProxyTracerProvider).getDelegate() as Flushable;
  await provider.forceFlush?.({ timeoutMillis: timeoutMs });
}
