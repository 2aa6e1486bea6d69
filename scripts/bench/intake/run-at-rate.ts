import { createOrderLedger, type OrderLedger } from '../../load/order-ledger.ts';
import type { OrderTarget } from '../../load/order-request.ts';
import { placeOrders } from '../../load/place-orders.ts';
import { quantile } from '../quantile.ts';
import { cpuTimeMs } from './cpu-time.ts';

export interface RateRunOptions {
  readonly target: OrderTarget;
  readonly rate: number;
  /** Of the window. */
  readonly durationMs: number;
  /** The same load on the same connections before the window opens: opening them all at once costs what no later request does. */
  readonly warmUpMs: number;
  readonly connections: number;
  /** Whose processor time is counted. */
  readonly pid: number;
  /** Names the run. (Default: a random one) */
  readonly run?: string;
}

/** One run at a fixed rate. Latencies count from when a request was due; they and the processor time are of the window, offered and accepted are of the warm-up too. */
export interface RateRun {
  readonly rate: number;
  readonly offered: number;
  readonly accepted: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the server's process, a request. */
  readonly cpuUsPerRequest: number;
  /** Of the generator, as a share of one core. */
  readonly generatorCpu: number;
  readonly reasons: Readonly<Record<string, number>>;
}

const TIMEOUT_MS = 15_000;

export async function runAtRate(options: RateRunOptions): Promise<{ run: RateRun; ledger: OrderLedger; orderRun: string }> {
  const { target, rate, durationMs, warmUpMs, connections, run: orderRun = `bench-${crypto.randomUUID().slice(0, 8)}` } = options;
  const ledger = createOrderLedger();
  const window = createWindow({ ...options, ledger });
  await placeOrders({
    target,
    run: orderRun,
    rate,
    durationMs: warmUpMs + durationMs,
    connections,
    repeatShare: 0,
    timeoutMs: TIMEOUT_MS,
    ledger: window.ledger,
  });
  const { sent, accepted } = ledger.counts();
  const run = { rate, offered: sent, accepted, ...window.close(), reasons: ledger.reasons() };
  return { run, ledger, orderRun };
}

/** Measures from the first request that is due after the warm-up. Without repeats the n-th request is the n-th order. */
function createWindow({ rate, durationMs, warmUpMs, pid, ledger }: RateRunOptions & { readonly ledger: OrderLedger }) {
  const first = Math.round((rate * warmUpMs) / 1_000);
  const latenciesMs: number[] = [];
  let sent = 0;
  let opened = marks(pid);
  return {
    ledger: {
      ...ledger,
      sent: () => {
        if (sent === first) opened = marks(pid);
        sent += 1;
        ledger.sent();
      },
      record: (index, outcome, latencyMs) => {
        if (index >= first && outcome.kind === 'accepted') latenciesMs.push(latencyMs);
        ledger.record(index, outcome, latencyMs);
      },
    } satisfies OrderLedger,
    close: () => {
      const closed = marks(pid);
      return {
        p50Ms: quantile(latenciesMs, 0.5),
        p99Ms: quantile(latenciesMs, 0.99),
        maxMs: quantile(latenciesMs, 1),
        cpuUsPerRequest: ((closed.serverMs - opened.serverMs) * 1_000) / Math.max(1, (rate * durationMs) / 1_000),
        generatorCpu: (closed.ownMs - opened.ownMs) / (closed.atMs - opened.atMs),
      };
    },
  };
}

function marks(pid: number) {
  const { user, system } = process.cpuUsage();
  return { serverMs: cpuTimeMs(pid), ownMs: (user + system) / 1_000, atMs: performance.now() };
}
