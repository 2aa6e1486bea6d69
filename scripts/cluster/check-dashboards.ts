import { parseArgs } from 'node:util';
import { dashboardNames, queriesOf, readDashboard } from '../dashboards/dashboard.ts';
import { type EmptyQuery, emptyQueries } from '../dashboards/empty-queries.ts';
import { createPrometheusClient } from '../dashboards/prometheus-client.ts';
import { pollUntil } from '../stack/poll-until.ts';
import { systems } from '../systems.ts';

const HELP = `node scripts/cluster/check-dashboards.ts [options] [dashboard …]

Runs every query of the dashboards on a Prometheus, names those that find nothing, and ends with 1 when there are any.
Some of the panels of intake show faults alone, and find nothing as long as all went well.

  dashboard        such as queue-lag                        (default: all of the systems that run)
  --prometheus     address                                  (default: http://127.0.0.1:9090)
  --systems        that run, with commas between            (default: ${Object.keys(systems).join(',')})
  --window         how far back data counts                 (default: 10m)
  --rate-interval  in place of $__rate_interval             (default: 1m)
  --wait           seconds until all must have found data   (default: 0)
  --help           this text
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    systems: { type: 'string', default: Object.keys(systems).join(',') },
    window: { type: 'string', default: '10m' },
    'rate-interval': { type: 'string', default: '1m' },
    wait: { type: 'string', default: '0' },
    help: { type: 'boolean' },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await check();

async function check(): Promise<number> {
  const dashboards = positionals.length > 0 ? positionals : dashboardNames(values.systems.split(','));
  const empty = await emptyAtLast(dashboards);
  for (const name of dashboards) {
    const own = empty.filter(({ dashboard }) => dashboard === name);
    const all = queriesOf(readDashboard(name)).length;
    console.log(`${name}: ${all - own.length} of ${all} queries find data`);
    for (const { title, expr } of own) console.log(`  ${title}: ${expr}`);
  }
  return empty.length === 0 ? 0 : 1;
}

/** Asks again until nothing is empty or the time to wait is over. */
async function emptyAtLast(dashboards: readonly string[]): Promise<readonly EmptyQuery[]> {
  const client = createPrometheusClient(values.prometheus);
  const filling = () => ({ rateInterval: values['rate-interval'] });
  const ask = () => emptyQueries({ client, dashboards, filling, window: { length: values.window, step: '5s' } });
  let empty = await ask();
  if (empty.length === 0 || Number(values.wait) === 0) return empty;
  const probe = async () => {
    empty = await ask();
    return empty.length === 0;
  };
  await pollUntil({ probe, timeoutMs: Number(values.wait) * 1_000, intervalMs: 2_000, description: 'data' }).catch(
    () => undefined,
  );
  return empty;
}
