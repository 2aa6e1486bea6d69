import { parseArgs } from 'node:util';
import { waitUntil } from './demo/wait-until.ts';
import { isEntranceReady } from './installation/is-entrance-ready.ts';
import { openLocalInstallation } from './installation/local-installation.ts';
import { newClients } from './intake-client/new-clients.ts';
import { awaitProcessed } from './load/await-processed.ts';
import { isKept, judgeOrders } from './load/judge-orders.ts';
import { type LoadReport, loadReport, reportLines } from './load/load-report.ts';
import { numberOption } from './load/number-option.ts';
import { createOrderLedger } from './load/order-ledger.ts';
import { placeOrders } from './load/place-orders.ts';
import { createProcessedOrders } from './load/processed-orders.ts';
import { showEverySecond } from './load/show-every-second.ts';
import { onStopRequest } from './stack/on-stop-request.ts';

const READY_TIMEOUT_MS = 10_000;

const HELP = `npm run load:intake -- [options]

Places orders at a fixed rate against the running stack (npm start), whatever the answers, then follows the list of processed orders until the queue is drained.
Each order has an id and an Idempotency-Key of its own; some are sent twice. Latencies count from when a request was due. Uses users of its own.

  --rate <number>         requests a second, default 200
  --seconds <number>      for how long, default 10; Ctrl-C ends the load sooner, and the orders are still followed
  --connections <number>  each with one request under way, default 256
  --repeat <share>        of the requests that send a recent order again, default 0.02
  --users <number>        who share the load, default one for each 800 a second: a client has 1,000 orders a second by default
  --timeout-ms <number>   how long an answer is waited for, default 15000
  --patience <seconds>    how long the queue may stand still before accepted orders count as lost, default 60
  --url <url>             the edge, default that of the running stack, else http://localhost:8080
  --data-dir <path>       data directory of the running stack, default .throughline
  --json                  the report as JSON
  --help                  this text

Ends with 1 when an accepted order is lost, one is doubled, or one is processed that was certainly not accepted. An order of unknown outcome (no answer,
503 publish_failed) may be either.
`;

const OPTIONS = {
  rate: { type: 'string', default: '200' },
  seconds: { type: 'string', default: '10' },
  connections: { type: 'string', default: '256' },
  repeat: { type: 'string', default: '0.02' },
  users: { type: 'string' },
  'timeout-ms': { type: 'string', default: '15000' },
  patience: { type: 'string', default: '60' },
  url: { type: 'string' },
  'data-dir': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

interface Settings {
  readonly edgeUrl: string;
  readonly rate: number;
  readonly durationMs: number;
  readonly connections: number;
  readonly repeatShare: number;
  readonly timeoutMs: number;
  readonly patienceMs: number;
  /** Undefined: as many as the rate needs. */
  readonly users: number | undefined;
  readonly wantsJson: boolean;
}

// What people read while it runs must not get into the JSON.
const say = (line: string) => console.error(line);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const settings: Settings = {
    edgeUrl: openLocalInstallation({ dataDir: values['data-dir'], edgeUrl: values.url, env: process.env }).edgeUrl,
    rate: numberOption('--rate', values.rate, 0.1),
    durationMs: numberOption('--seconds', values.seconds, 0.1) * 1_000,
    connections: numberOption('--connections', values.connections, 1),
    repeatShare: numberOption('--repeat', values.repeat, 0),
    timeoutMs: numberOption('--timeout-ms', values['timeout-ms'], 1),
    patienceMs: numberOption('--patience', values.patience, 1) * 1_000,
    users: values.users === undefined ? undefined : numberOption('--users', values.users, 1),
    wantsJson: values.json ?? false,
  };
  const isReady = async () => (await isEntranceReady(settings.edgeUrl)) || undefined;
  await waitUntil(`what runs behind ${settings.edgeUrl} to be ready (is it running?)`, isReady, READY_TIMEOUT_MS);
  const report = await run(settings);
  console.log(settings.wantsJson ? JSON.stringify(report, null, 2) : reportLines(report).join('\n'));
  if (!isKept(report.orders)) process.exitCode = 1;
}

async function run(settings: Settings): Promise<LoadReport> {
  const { edgeUrl, rate, durationMs, users, patienceMs } = settings;
  const clients = await newClients(edgeUrl, { rate, ...(users !== undefined && { count: users }) });
  const run = `load-${crypto.randomUUID().slice(0, 8)}`;
  say(`placing ${rate} orders a second for ${durationMs / 1_000} s at ${edgeUrl} as ${clients.length} users, ids ${run}-…`);
  const ledger = createOrderLedger();
  const stopShowing = showEverySecond(() => {
    const { sent, answered, accepted } = ledger.counts();
    say(`  ${sent} sent, ${accepted} accepted, ${answered - accepted} not, ${sent - answered} without an answer yet`);
  });
  const target = { ...addressOf(edgeUrl), path: '/intake/orders', tokens: clients.map(({ token }) => token) };
  await placeOrders({ ...settings, target, run, ledger, signal: onStopRequest() }).finally(stopShowing);
  const processed = createProcessedOrders(clients);
  let shown = '  reading what is processed …';
  const onProgress = (done: number, all: number) => {
    shown = `  ${done} of ${all} accepted orders are processed`;
  };
  const stopFollowing = showEverySecond(() => say(shown));
  await awaitProcessed({ run, ledger, processed, patienceMs, onProgress }).finally(stopFollowing);
  return loadReport(ledger, judgeOrders(run, ledger.orders(), processed.byId));
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== 'http:') throw new Error(`the load generator speaks plain http, not ${protocol}`);
  return { host: hostname, port: Number(port || 80) };
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
