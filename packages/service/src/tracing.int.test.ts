import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix, waitFor } from '@throughline/testing';
import { type ServiceProcess, startServiceProcess } from '../test/service-process.fixture.ts';

interface Span {
  readonly traceId: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly Span[] }[];
  }[];
}

const { kafkaBrokers, redisUrl } = stackAddresses();
const topic = testPrefix('tracing');
const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const received: { scope: string; span: Span }[] = [];
let collector: Server;
let testDatabase: TestDatabase;
let service: ServiceProcess;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  collector = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as ExportRequest;
    for (const { scope, spans } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
      for (const span of spans) received.push({ scope: scope.name, span });
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  service = await startServiceProcess('tiny-service.fixture.ts', {
    DATABASE_URL: testDatabase.url,
    REDIS_URL: redisUrl,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    TOPIC: topic,
    OTEL_SERVICE_NAME: 'test.tiny',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  });
  await service.ready();
}, 60_000);

afterAll(async () => {
  service.process.kill('SIGKILL');
  await service.exited;
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
  await testDatabase.drop();
});

describe('one request', () => {
  it('is one trace from HTTP over express, Redis and Postgres to the handling of its event, exported at the latest when the service stops', async () => {
    const response = await fetch(`${service.httpUrl}/things`, {
      method: 'POST',
      headers: { traceparent: `00-${parent.traceId}-${parent.spanId}-01` },
    });
    const { id } = (await response.json()) as { id: string };
    expect(response.headers.get('x-trace-id')).toBe(parent.traceId);
    const line = await waitFor(() => service.lines.find(({ msg }) => msg === `Handled ${id}`), {
      description: 'the handler’s log line',
    });
    expect(line).toMatchObject({ trace_id: parent.traceId, event_id: expect.any(String) });

    service.process.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    const own = received.filter(({ span }) => span.traceId === parent.traceId);
    const scopes = new Set(own.map(({ scope }) => scope.replace('@opentelemetry/instrumentation-', '')));
    expect([...scopes].sort()).toEqual(['express', 'http', 'ioredis', 'pg', 'throughline']);
    const names = own.map(({ span }) => span.name);
    expect(names).toEqual(expect.arrayContaining(['POST /things', `process ${topic}`]));
  }, 60_000);

  it('and its spans carry no values of queries or commands, and probes give none', () => {
    expect(received.length).toBeGreaterThan(0);
    expect(received.filter(({ span }) => span.name.includes('readyz'))).toEqual([]);
    const texts = received.flatMap(({ span }) => span.attributes.map(({ value }) => value.stringValue ?? ''));
    expect(texts.filter((value) => value.includes('dedup:') || value.includes('payloadType'))).toEqual([]);
  });
});
