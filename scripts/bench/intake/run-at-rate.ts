import { createOrderLedger, type OrderLedger } from '../../load/order-ledger.ts';
import type { OrderTarget } from '../../load/order-request.ts';
import { placeOrders } from '../../load/place-orders.ts';
import { quantile } from '../quantile.ts';
import { cpuTimeMs } from './cpu-time.ts';

export interface RateRunOptions {
  readonly target: OrderTarget;
  readonly rate: number;
  readonly durationMs: number;
  readonly connections: number;
  /** Whose processor time is counted. */
  readonly pid: number;
  /** Names the run. (Default: a random one) */
  readonly run?: string;
}

/** One run at a fixed rate. Latencies count from when a request was due. */
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
  const { target, rate, durationMs, connections, pid, run: orderRun = `bench-${crypto.randomUUID().slice(0, 8)}` } = options;
  const ledger = createOrderLedger();
  const [ownBefore, serverBefore, startedAtMs] = [process.cpuUsage(), cpuTimeMs(pid), performance.now()];
  await placeOrders({ target, run: orderRun, rate, durationMs, connections, repeatShare: 0, timeoutMs: TIMEOUT_MS, ledger });
  const serverMs = cpuTimeMs(pid) - serverBefore;
  const own = process.cpuUsage(ownBefore);
  const { sent, accepted } = ledger.counts();
  const latenciesMs = ledger.latenciesMs();
  const run = {
    rate,
    offered: sent,
    accepted,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    maxMs: quantile(latenciesMs, 1),
    cpuUsPerRequest: (serverMs * 1_000) / sent,
    generatorCpu: (own.user + own.system) / 1_000 / (performance.now() - startedAtMs),
    reasons: ledger.reasons(),
  };
  return { run, ledger, orderRun };
}
