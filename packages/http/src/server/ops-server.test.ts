import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import { createOpsServer, type Health, type OpsServer } from './ops-server.ts';

const healthy: Health = { isHealthy: true, checks: { database: 'ok' } };
const broken: Health = { isHealthy: false, checks: { kafka: 'no broker answers' } };

describe('createOpsServer', () => {
  let server: OpsServer;

  async function serve(readiness: Health, liveness: Health): Promise<string> {
    const metrics = createMetrics({ service: 'test' });
    metrics.counter(METRICS.outboxSentTotal).inc(3);
    server = createOpsServer({
      readiness: async () => readiness,
      liveness: async () => liveness,
      metrics,
      logger: createLogger({ name: 'test', level: 'fatal' }),
    });
    return `http://127.0.0.1:${(await server.listen({ host: '127.0.0.1', port: 0 })).port}`;
  }

  afterEach(() => server.close());

  it.each([
    ['/livez', healthy, broken, 503],
    ['/livez', broken, healthy, 200],
    ['/readyz', healthy, broken, 200],
    ['/readyz', broken, healthy, 503],
    ['/healthz', healthy, broken, 503],
    ['/healthz', broken, healthy, 503],
    ['/healthz', healthy, healthy, 200],
    ['/other', healthy, healthy, 404],
  ])('%s, ready %j, live %j: %d', async (path, readiness, liveness, status) => {
    const url = await serve(readiness, liveness);
    expect((await fetch(url + path)).status).toBe(status);
  });

  it('names what is wrong', async () => {
    const url = await serve(broken, healthy);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      status: 'unavailable',
      checks: { kafka: 'no broker answers' },
    });
  });

  it('prints metrics', async () => {
    const url = await serve(healthy, healthy);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('outbox_sent_total{service_name="test"} 3');
  });
});
