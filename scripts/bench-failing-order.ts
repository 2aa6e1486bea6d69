import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { median } from './bench/quantile.ts';
import { waitUntil } from './demo/wait-until.ts';
import { newClients } from './intake-client/new-clients.ts';
import type { IntakeProcess } from './intake-stage/intake-process.ts';
import { type IntakeServices, startIntakeServices } from './intake-stage/start-intake-services.ts';
import { numberOption } from './load/number-option.ts';
import { createOrderLedger } from './load/order-ledger.ts';
import { orderIdOf } from './load/order-request.ts';
import { placeOrders } from './load/place-orders.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { terminalProgress } from './stack/progress.ts';
import { resetData } from './stack/reset-data.ts';
import { startStack } from './stack/start-stack.ts';

const DATA_DIR = join(import.meta.dirname, '..', '.throughline', 'bench-failing-order');
/** Orders a second while there is no worker. */
const FILL_RATE = 1_000;
const DRAIN_TIMEOUT_MS = 180_000;

const HELP = `npm run bench:failing-order -- [options]

Fills the queue of orders while no worker runs, then measures how fast a worker works it off: without, and with one order in the middle that the database always refuses.
Rounds alternate; what counts is the median of each. Its first tries fall into the measured seconds; the later ones come when the queue is empty. Starts a stack and services of its own.

  --orders <number>   in the queue, default 10000
  --rounds <number>   of each, default 5
  --help              this text
`;

interface Bench {
  readonly services: IntakeServices;
  readonly tokens: readonly string[];
  readonly database: pg.Client;
  readonly orders: number;
  readonly signal: AbortSignal;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      orders: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '5' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const orders = numberOption('--orders', values.orders, 100);
  const rounds = numberOption('--rounds', values.rounds, 1);
  mkdirSync(DATA_DIR, { recursive: true });
  const releases: (() => unknown)[] = [lockDataDir(DATA_DIR)];
  try {
    const bench = await open(orders, releases);
    await compare(bench, rounds);
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

async function open(orders: number, releases: (() => unknown)[]): Promise<Bench> {
  const progress = terminalProgress((line) => console.log(line));
  const signal = onStopRequest();
  await resetData(DATA_DIR);
  const ports = { kafka: 0, kafkaController: 0, postgres: 0, redis: 0 };
  const { addresses, ...stack } = await startStack({ dataDir: DATA_DIR, progress, ports, given: {}, signal });
  releases.push(() => stack.stop());
  const services = await startIntakeServices({ dataDir: DATA_DIR, addresses, progress });
  releases.push(() => services.stop());
  const url = new URL(addresses.databaseUrl);
  url.pathname = '/intake_worker';
  const database = new pg.Client({ connectionString: url.href });
  await database.connect();
  releases.push(() => database.end());
  const clients = await newClients(services.edgeUrl, { rate: FILL_RATE });
  return { services, tokens: clients.map(({ token }) => token), database, orders, signal };
}

async function compare(bench: Bench, rounds: number): Promise<void> {
  const found: Record<'without' | 'with', number[]> = { without: [], with: [] };
  let worker = bench.services.worker;
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
      bench.signal.throwIfAborted();
      const drain = await drainOnce(bench, { worker, name: `${kind}-${round}`, hasFailing: kind === 'with' });
      worker = drain.worker;
      const note = round === 0 ? ', not counted: nothing is warm yet' : '';
      console.log(`round ${round}  ${kind.padEnd(7)} a failing order  ${drain.perSecond.toFixed(0)} orders a second${note}`);
      if (round > 0) found[kind].push(drain.perSecond);
    }
  }
  const [without, withOne] = [median(found.without), median(found.with)];
  const spread = found.without.map((rate) => (rate / without).toFixed(2)).toSorted();
  console.log(
    `\nwithout ${without.toFixed(0)}, with ${withOne.toFixed(0)} orders a second: ratio ${(withOne / without).toFixed(2)}`,
  );
  console.log(`the rounds without lie between ${spread[0]} and ${spread.at(-1)} of their median`);
}

/** Fills the queue without a worker, starts one, and looks how fast it comes to the end of what can be handled. */
async function drainOnce(
  { services, tokens, database, orders, signal }: Bench,
  { worker, name, hasFailing }: { worker: IntakeProcess; name: string; hasFailing: boolean },
): Promise<{ worker: IntakeProcess; perSecond: number }> {
  await worker.stop();
  const refused = orderIdOf(name, Math.floor(orders / 2));
  if (hasFailing) await refuse(database, refused);
  const { hostname, port } = new URL(services.apiUrl);
  const target = { host: hostname, port: Number(port), path: '/intake/orders', tokens };
  const ledger = createOrderLedger();
  const load = { rate: FILL_RATE, durationMs: (orders / FILL_RATE) * 1_000, connections: 256, repeatShare: 0, timeoutMs: 15_000 };
  await placeOrders({ ...load, target, run: name, ledger, signal });
  const { accepted } = ledger.counts();
  if (accepted !== orders) throw new Error(`${accepted} of ${orders} orders were accepted`);
  const handled = async () => {
    const { rows } = await database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM orders WHERE starts_with(order_id, $1)',
      [`${name}-`],
    );
    return { count: rows[0]?.count ?? 0, atMs: performance.now() };
  };
  const next = await services.startWorker(`intake-worker-${name}`);
  const first = await waitUntil('the first to be handled', async () => positive(await handled()), DRAIN_TIMEOUT_MS);
  const wanted = orders - (hasFailing ? 1 : 0);
  const last = await waitUntil('all to be handled', async () => reached(await handled(), wanted), DRAIN_TIMEOUT_MS);
  if (hasFailing) await database.query('DROP FUNCTION refuse_one() CASCADE');
  return { worker: next, perSecond: ((last.count - first.count) * 1_000) / (last.atMs - first.atMs) };
}

interface Handled {
  readonly count: number;
  readonly atMs: number;
}

const positive = (handled: Handled) => (handled.count > 0 ? handled : undefined);
const reached = (handled: Handled, wanted: number) => (handled.count >= wanted ? handled : undefined);

async function refuse(database: pg.Client, orderId: string): Promise<void> {
  await database.query(
    `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused %', NEW.order_id; END $$`,
  );
  const condition = database.escapeLiteral(orderId);
  await database.query(
    `CREATE TRIGGER refuse_one BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.order_id = ${condition}) EXECUTE FUNCTION refuse_one()`,
  );
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
