import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@throughline/testing';
import { newClients } from '../../scripts/intake-client/new-clients.ts';
import { depthOf } from '../../scripts/intake-client/read-queue.ts';
import type { IntakeProcess } from '../../scripts/intake-stage/intake-process.ts';
import type { IntakeServices } from '../../scripts/intake-stage/start-intake-services.ts';
import { awaitProcessed } from '../../scripts/load/await-processed.ts';
import { isKept, judgeOrders } from '../../scripts/load/judge-orders.ts';
import { type LoadReport, loadReport } from '../../scripts/load/load-report.ts';
import { createOrderLedger, type OrderLedger, type RequestCounts } from '../../scripts/load/order-ledger.ts';
import { placeOrders } from '../../scripts/load/place-orders.ts';
import { createProcessedOrders } from '../../scripts/load/processed-orders.ts';

export interface IntakeFaultOptions {
  readonly services: IntakeServices;
  /** Orders a second, without end until all faults are over. */
  readonly rate: number;
  /** Load before, between and after the faults, milliseconds. */
  readonly calmMs: number;
  /** How long there is no worker, milliseconds. */
  readonly stopWorkerMs: number;
  /** Takes the broker away and brings it back; absent where others use it too. */
  readonly disturbBroker?: () => Promise<void>;
  /** How long it may take the queue to be worked off after a fault, milliseconds. */
  readonly drainDeadlineMs: number;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface IntakeFaultReport {
  readonly violations: readonly string[];
  readonly load: LoadReport;
}

/** What one leg works with. */
interface Leg extends IntakeFaultOptions {
  readonly ledger: OrderLedger;
  readonly violations: string[];
}

const TIMEOUT_MS = 15_000;
const PATIENCE_MS = 60_000;
const CONNECTIONS = 512;
const REPEATS = 0.02;
/** So many seconds of the load may be in the queue of a worker that keeps up. */
const KEPT_UP_SECONDS = 1;

/**
 * Load without end while the worker is stopped, the broker goes and comes back, and the worker is killed. At the end every accepted order must be processed once; with
 * the worker away nothing may be refused, and its backlog must go faster than it came, the load going on.
 */
export async function runIntakeFaults(options: IntakeFaultOptions): Promise<IntakeFaultReport> {
  const { services, rate, report, signal } = options;
  const clients = await newClients(services.edgeUrl, { rate });
  const ledger = createOrderLedger();
  const leg: Leg = { ...options, ledger, violations: [] };
  const run = `fault-${crypto.randomUUID().slice(0, 8)}`;
  const stopLoad = new AbortController();
  const { hostname, port } = new URL(services.edgeUrl);
  const load = placeOrders({
    target: { host: hostname, port: Number(port), path: '/intake/orders', tokens: clients.map(({ token }) => token) },
    run,
    rate,
    durationMs: Number.POSITIVE_INFINITY,
    connections: CONNECTIONS,
    repeatShare: REPEATS,
    timeoutMs: TIMEOUT_MS,
    ledger,
    signal: signal === undefined ? stopLoad.signal : AbortSignal.any([stopLoad.signal, signal]),
  });
  try {
    await calm(leg);
    const second = await worklessWhile(leg, services.worker);
    await calm(leg);
    if (options.disturbBroker !== undefined) await brokerlessWhile(leg, options.disturbBroker);
    await killedWorker(leg, second);
    await calm(leg);
  } finally {
    stopLoad.abort();
    await load;
  }
  const processed = createProcessedOrders(clients);
  await awaitProcessed({
    run,
    ledger,
    processed,
    patienceMs: PATIENCE_MS,
    onProgress: () => undefined,
    ...(signal && { signal }),
  });
  const verdict = judgeOrders(run, ledger.orders(), processed.byId);
  if (!isKept(verdict)) leg.violations.push('an accepted order is lost or doubled, or one is processed that was not accepted');
  report('all faults are over');
  return { violations: leg.violations, load: loadReport(ledger, verdict) };
}

async function calm({ calmMs, signal }: Leg): Promise<void> {
  await delay(calmMs, undefined, signal && { signal });
}

/** The worker stops and another one starts later. @returns the new one */
async function worklessWhile(leg: Leg, worker: IntakeProcess): Promise<IntakeProcess> {
  const { services, stopWorkerMs, ledger, violations, report, signal } = leg;
  await worker.stop();
  const [before, depthBefore, startedAtMs] = [ledger.counts(), await depth(leg), performance.now()];
  report(`worker stopped, ${depthBefore} in the queue`);
  await delay(stopWorkerMs, undefined, signal && { signal });
  const [grown, grownInS] = [(await depth(leg)) - depthBefore, secondsSince(startedAtMs)];
  const turnedDown = declinedBetween(before, ledger.counts());
  if (turnedDown > 0) violations.push(`${turnedDown} requests were not accepted while the worker was stopped`);
  report(`${grownInS.toFixed(0)} s later ${grown} more are in the queue, ${turnedDown} requests were not accepted`);
  const next = await services.startWorker('intake-worker-2');
  const drain = await drained(leg);
  const growth = grown / grownInS;
  report(
    `backlog grew by ${growth.toFixed(0)} a second and went down by ${drain.perSecond.toFixed(0)} a second, ${drain.handledPerSecond.toFixed(0)} handled a second under load; gone after ${drain.seconds.toFixed(1)} s`,
  );
  if (grown <= 0) violations.push('the queue did not grow while the worker was stopped');
  if (drain.perSecond <= growth) violations.push('the backlog went down more slowly than it grew');
  return next;
}

async function brokerlessWhile(leg: Leg, disturbBroker: () => Promise<void>): Promise<void> {
  const { ledger, report, violations, drainDeadlineMs } = leg;
  const [before, startedAtMs] = [ledger.counts(), performance.now()];
  report('broker goes');
  await disturbBroker();
  report(`broker is back after ${secondsSince(startedAtMs).toFixed(1)} s`);
  const accepted = ledger.counts().accepted;
  const isAcceptedAgain = () => ledger.counts().accepted > accepted + leg.rate;
  await waitFor(isAcceptedAgain, { description: 'orders to be accepted again', timeoutMs: drainDeadlineMs });
  const after = ledger.counts();
  const [unknown, unavailable] = [after.unknown - before.unknown, after.unavailable - before.unavailable];
  report(
    `${unknown} requests of unknown outcome and ${unavailable} unavailable meanwhile; accepted again ${secondsSince(startedAtMs).toFixed(1)} s after it went`,
  );
  if (unknown + unavailable === 0) violations.push('no client was told that the broker was away');
  if (after.refused > before.refused)
    violations.push(`${after.refused - before.refused} requests were refused as wrong while the broker was away`);
  const drain = await drained(leg);
  report(`worked off ${drain.seconds.toFixed(1)} s later`);
}

async function killedWorker(leg: Leg, worker: IntakeProcess): Promise<void> {
  const { services, ledger, report, violations } = leg;
  const before = ledger.counts();
  await worker.kill();
  report('worker killed, another one starts');
  await services.startWorker('intake-worker-3');
  const drain = await drained(leg);
  const turnedDown = declinedBetween(before, ledger.counts());
  if (turnedDown > 0) violations.push(`${turnedDown} requests were not accepted while the worker was away after its kill`);
  report(`worked off ${drain.seconds.toFixed(1)} s after the new worker was ready`);
}

interface Drain {
  /** From the call on. */
  readonly seconds: number;
  /** How fast the queue got shorter from where it was longest: a new worker is ready before it has its partitions. */
  readonly perSecond: number;
  /** Worked off meanwhile, what came in the same time included. */
  readonly handledPerSecond: number;
}

/** Until the queue holds no more than what a worker that keeps up leaves there. */
async function drained(leg: Leg): Promise<Drain> {
  const { ledger, rate, drainDeadlineMs } = leg;
  const startedAtMs = performance.now();
  const look = async () => ({ depth: await depth(leg), accepted: ledger.counts().accepted, atMs: performance.now() });
  let peak = await look();
  let last = peak;
  const isDrained = async () => {
    last = await look();
    if (last.depth > peak.depth) peak = last;
    return last.depth <= rate * KEPT_UP_SECONDS;
  };
  await waitFor(isDrained, { description: 'the queue to be worked off', timeoutMs: drainDeadlineMs, intervalMs: 200 });
  const seconds = (last.atMs - peak.atMs) / 1_000;
  const perSecond = seconds === 0 ? Number.POSITIVE_INFINITY : (peak.depth - last.depth) / seconds;
  const handledPerSecond = seconds === 0 ? perSecond : perSecond + (last.accepted - peak.accepted) / seconds;
  return { seconds: secondsSince(startedAtMs), perSecond, handledPerSecond };
}

async function depth({ services }: Leg): Promise<number> {
  return depthOf(await services.readQueue());
}

function declinedBetween(before: RequestCounts, after: RequestCounts): number {
  return after.refused + after.unavailable + after.unknown - (before.refused + before.unavailable + before.unknown);
}

function secondsSince(startedAtMs: number): number {
  return (performance.now() - startedAtMs) / 1_000;
}
