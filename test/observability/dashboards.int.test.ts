import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@throughline/testing';
import { dashboardNames, queriesOf, readDashboard } from '../../scripts/dashboards/dashboard.ts';
import { type EmptyQuery, emptyQueries } from '../../scripts/dashboards/empty-queries.ts';
import { type Filling, fillIn } from '../../scripts/dashboards/fill-in.ts';
import { highestValues } from '../../scripts/dashboards/highest-values.ts';
import { liveThroughEverything, type Sight } from './live-through-everything.ts';
import { openStage, type Stage } from './open-stage.ts';
import { type Prometheus, startPrometheus } from './start-prometheus.ts';

const intake = readDashboard('intake');
/** Longer than the whole test. */
const WINDOW = { length: '3m', step: '1s' };
const CHECK = join(import.meta.dirname, '..', '..', 'scripts', 'cluster', 'check-dashboards.ts');

let stage: Stage;
let prometheus: Prometheus;

/** As Grafana does for a scrape interval of a second, and longer than this test's sends are apart. */
const RATE_INTERVAL = '4s';

function fillingOf(name: string): Filling {
  const values = name === 'intake' ? { queue: stage.ordersGroup, topic: stage.ordersTopic } : {};
  return { rateInterval: RATE_INTERVAL, values };
}

/** The highest value that each series of a dashboard's query had since the test began. */
function highest(expr: string, name = 'intake') {
  return highestValues(prometheus, fillIn(expr, readDashboard(name), fillingOf(name)), WINDOW);
}

function queryOf(name: string, title: string, part = ''): string {
  const found = queriesOf(readDashboard(name)).find((query) => query.title === title && query.expr.includes(part));
  if (found === undefined) throw new Error(`no query of ${title} with ${part}`);
  return found.expr;
}

const sight: Sight = {
  until: async (expr, act = async () => undefined) => {
    const isSeen = async () => {
      await act();
      return (await highest(expr)).some(({ value }) => value > 0);
    };
    await waitFor(isSeen, { timeoutMs: 20_000, intervalMs: 200, description: `data for ${expr}` });
  },
  queryOf: (title, part) => queryOf('intake', title, part),
};

beforeAll(async () => {
  stage = await openStage();
  prometheus = await startPrometheus(stage.opsAddresses);
  await stage.startIntakeApi();
  await liveThroughEverything(stage, sight);
}, 150_000);

afterAll(async () => {
  await prometheus?.stop();
  await stage?.close();
}, 60_000);

describe.each(dashboardNames())('the dashboard %s, on Prometheus', (name) => {
  it('finds data for every query', async () => {
    let empty: readonly EmptyQuery[] = [];
    const ask = async () => {
      empty = await emptyQueries({ client: prometheus, dashboards: [name], filling: fillingOf, window: WINDOW });
      return empty.length === 0;
    };
    await waitFor(ask, { timeoutMs: 10_000, intervalMs: 500, description: 'data' }).catch(() => undefined);
    expect(empty).toEqual([]);
  });

  it('finds values for its variables', async () => {
    for (const { definition } of readDashboard(name).templating.list.filter(({ type }) => type === 'query')) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition ?? '') ?? [];
      const values = await prometheus.query(`count by (${label}) (last_over_time(${metric}[${WINDOW.length}]))`);
      const own = new Set(Object.values(stage));
      expect(values.some(({ labels }) => own.has(labels[label] ?? ''))).toBe(true);
    }
  });
});

describe('scripts/cluster/check-dashboards.ts', () => {
  const check = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, [CHECK, '--prometheus', prometheus.url, '--rate-interval', RATE_INTERVAL, ...args]);

  it('counts the queries that find data', async () => {
    const { stdout } = await check('queue-lag', 'processing-latency');
    const [lag, latency] = ['queue-lag', 'processing-latency'].map((name) => queriesOf(readDashboard(name)).length);
    expect(stdout).toBe(
      `queue-lag: ${lag} of ${lag} queries find data\nprocessing-latency: ${latency} of ${latency} queries find data\n`,
    );
  });

  it('names those that find nothing, such as queues that are not there, and fails', async () => {
    const { code, stdout } = (await check().catch((error: { code: number; stdout: string }) => error)) as {
      code?: number;
      stdout: string;
    };
    expect(code).toBe(1);
    expect(stdout).toContain('  Dead letters: max(queue_dead_letters{queue="intake.worker"})\n');
  });
});

describe('what the dashboards show of a run with faults', () => {
  it.each(queriesOf(intake).map(({ title, expr }) => [title, expr] as const))(
    'intake, %s: more than 0 by %s',
    async (_, expr) => {
      await sight.until(expr);
    },
  );

  it.each([
    ['intake', 'API request rate', 'http_response_status_code', ['200', '422', '429', '503']],
    ['intake', 'Queue depth', 'state', ['delayed', 'in_flight', 'visible']],
    ['intake', 'Retries by tier', 'tier', ['2s']],
    ['intake', 'Dead letters by reason', 'reason', ['attempts']],
    ['intake', 'Processing rate by outcome', 'outcome', ['dead-lettered', 'duplicate', 'handled', 'retried']],
    ['queue-lag', 'Retries by tier', 'tier', ['2s']],
    ['queue-lag', 'Dead letters by reason', 'reason', ['attempts']],
    ['queue-lag', 'Canaries lost', 'reason', ['not-handled']],
    ['queue-lag', 'Outbox sent', 'service_name', ['storage.object', 'throughline.console']],
    ['processing-latency', 'Rate by outcome', 'outcome', ['dead-lettered', 'duplicate', 'handled', 'retried']],
    ['processing-latency', 'HTTP p99 by route', 'http_route', ['/intake/orders', '/storage/buckets/{bucket}/objects/{name+}']],
    ['processing-latency', 'End to end, all times', 'le', ['0.01', '21600', '+Inf']],
  ])('%s, %s: has a line for each %s', async (name, title, label, values) => {
    const lines = await highest(queryOf(name, title), name);
    expect(lines.map(({ labels }) => labels[label])).toEqual(expect.arrayContaining(values));
  });

  it.each([
    ['queue-lag', 'Lag in records'],
    ['queue-lag', 'Lag in seconds'],
    ['queue-lag', 'Time to drain'],
    ['processing-latency', 'Handling p95'],
    ['processing-latency', 'End to end p99 by group and topic'],
  ])('%s, %s: has a line for the orders, above 0', async (name, title) => {
    const lines = await highest(queryOf(name, title), name);
    const ofOrders = lines.filter(({ labels }) => labels.messaging_consumer_group_name === stage.ordersGroup);
    expect(ofOrders.some(({ value }) => value > 0)).toBe(true);
  });

  it('queue-lag says 0 of a group that has none, and nothing of one that is not there', async () => {
    const lines = await highest(queryOf('queue-lag', 'Dead letters by reason'), 'queue-lag');
    const most = (group: string) =>
      Math.max(...lines.filter(({ labels }) => labels.messaging_consumer_group_name === group).map(({ value }) => value));
    expect([stage.ordersGroup, stage.objectsGroup, 'nobody'].map(most)).toEqual([1, 0, Number.NEGATIVE_INFINITY]);
  });
});
