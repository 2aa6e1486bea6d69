import { setTimeout as delay } from 'node:timers/promises';
import { createSeededRandom } from '../../test/faults/random/seeded-random.ts';
import { HttpLane } from './http-lane.ts';
import type { OrderLedger } from './order-ledger.ts';
import { orderOutcome } from './order-outcome.ts';
import { type OrderTarget, orderRequest } from './order-request.ts';

export interface LoadOptions {
  readonly target: OrderTarget;
  /** Names the run; part of every order id. */
  readonly run: string;
  /** Requests a second, repeats included. */
  readonly rate: number;
  /** Milliseconds; endless unless the signal ends it. */
  readonly durationMs: number;
  /** Connections at most, each with one request under way. */
  readonly connections: number;
  /** Part of the requests that send a recent order once more, 0 to 1. */
  readonly repeatShare: number;
  /** How long an answer is waited for, milliseconds. */
  readonly timeoutMs: number;
  readonly ledger: OrderLedger;
  /** Ends the sending; what is under way is still waited for. */
  readonly signal?: AbortSignal;
}

interface DueRequest {
  readonly index: number;
  readonly dueAtMs: number;
}

const TICK_MS = 1;
/** Repeats are of the last so many orders: some are under way still, some long accepted. */
const REPEATED_FROM = 2_000;
const SEED = 5;

/**
 * Sends orders at a fixed rate, whatever the answers (open loop). A request that is due while all connections are busy waits here, and its latency counts from
 * when it was due: a server that stands still does not slow down who measures it. Resolves when every request has its outcome.
 */
export async function placeOrders(options: LoadOptions): Promise<void> {
  const { rate, durationMs, signal, ledger } = options;
  const pool = createLanePool(options);
  const nextIndex = indexSequence(options.repeatShare);
  const total = Math.round((rate * durationMs) / 1_000);
  const startedAtMs = performance.now();
  try {
    for (let sent = 0; sent < total && !signal?.aborted; ) {
      const dueNow = Math.min(total, Math.floor(((performance.now() - startedAtMs) * rate) / 1_000) + 1);
      for (; sent < dueNow; sent += 1) {
        ledger.sent();
        pool.add({ index: nextIndex(), dueAtMs: startedAtMs + (sent * 1_000) / rate });
      }
      await delay(TICK_MS);
    }
    await pool.finished();
  } finally {
    pool.close();
  }
}

/** New orders in turn, and now and then one of the last again. */
function indexSequence(repeatShare: number): () => number {
  const random = createSeededRandom(SEED);
  let orders = 0;
  return () => {
    if (orders > 0 && random.isLikely(repeatShare)) return random.between(Math.max(0, orders - REPEATED_FROM), orders - 1);
    orders += 1;
    return orders - 1;
  };
}

/** Lanes that share what is due. The one that has been free longest is next, so that none is closed for being idle while there is load. */
function createLanePool({ target, run, connections, timeoutMs, ledger }: LoadOptions) {
  const lanes = Array.from({ length: connections }, () => new HttpLane({ host: target.host, port: target.port, timeoutMs }));
  const free = createQueue<HttpLane>();
  for (const lane of lanes) free.add(lane);
  const due = createQueue<DueRequest>();
  let underWay = 0;
  let onFinished: (() => void) | undefined;

  const sendDue = () => {
    while (due.size() > 0 && free.size() > 0) send(free.take(), due.take());
  };
  const send = (lane: HttpLane, { index, dueAtMs }: DueRequest) => {
    lane.send(orderRequest(target, run, index), (outcome) => {
      ledger.record(index, orderOutcome(outcome), performance.now() - dueAtMs);
      underWay -= 1;
      free.add(lane);
      sendDue();
      if (underWay === 0) onFinished?.();
    });
  };
  return {
    add: (request: DueRequest) => {
      underWay += 1;
      due.add(request);
      sendDue();
    },
    finished: () =>
      new Promise<void>((resolve) => {
        onFinished = resolve;
        if (underWay === 0) resolve();
      }),
    close: () => {
      for (const lane of lanes) lane.close();
    },
  };
}

/** First in, first out; taking from an array's front would move all others each time. */
function createQueue<Item>() {
  let items: Item[] = [];
  let taken = 0;
  return {
    size: () => items.length - taken,
    add: (item: Item) => {
      items.push(item);
    },
    /** Only while there is one. */
    take: (): Item => {
      const item = items[taken] as Item;
      taken += 1;
      if (taken > 1_000 && taken * 2 > items.length) {
        items = items.slice(taken);
        taken = 0;
      }
      return item;
    },
  };
}
