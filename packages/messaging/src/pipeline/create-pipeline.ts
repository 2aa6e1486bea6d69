import type { Logger, Metrics } from '@throughline/telemetry';
import type { Breaker } from '../breaker/breaker.ts';
import type { ClaimStore } from '../claim-store.ts';
import type { Clock } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { ChunkContext, RecordProducer, UnfinishedRecord } from '../messaging-driver.ts';
import type { OutcomeSink } from '../outcomes/outcome.ts';
import type { ParkingLot } from '../parking-lot.ts';
import type { IncomingRecord } from '../record.ts';
import type { ReplayLedger } from '../replay/replay-ledger.ts';
import { maxAttempts, type RetryPolicy } from '../retries/retry-policy.ts';
import type { Subscription } from '../subscribing/subscription.ts';
import { createContractCheck } from './check-contract.ts';
import { type Chunk, Leavers } from './chunk.ts';
import { createChunkSize } from './chunk-size.ts';
import type { Delivery } from './delivery.ts';
import { handleLanes } from './handle-lanes.ts';
import { handleTogether } from './handle-together.ts';
import { HeldClaims } from './held-claims.ts';
import { createJudge } from './judge-failure.ts';
import { createParkingSettlement } from './park-failure.ts';
import { createQuarantine, type Quarantine } from './quarantine.ts';
import { createDeliveryReader } from './read-delivery.ts';
import { createReporter } from './report-deliveries.ts';
import { createRouter } from './route-events.ts';
import { createHandlersRun } from './run-handlers.ts';
import { createRetrySettlement } from './settle-failure.ts';
import { openDeliverySpan } from './trace-delivery.ts';

export interface PipelineOptions<Tx> {
  readonly subscription: Subscription<Tx>;
  readonly policy: RetryPolicy;
  readonly inbox: Inbox<Tx>;
  /** Required where the order of keys is kept. */
  readonly parking?: ParkingLot<Tx> | undefined;
  readonly claims: ClaimStore;
  /** Writes to retry topics. */
  readonly producer: () => Promise<RecordProducer>;
  readonly breaker: Breaker;
  readonly outcomes?: OutcomeSink | undefined;
  readonly replays?: ReplayLedger | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly handlerTimeoutMs: number;
  readonly renewEveryMs: number;
  /** What the member has beside the pipeline, and must not die with it. (Default: nothing) */
  readonly quarantine?: Quarantine;
  /** Called after an event was parked with a time to be tried at. */
  readonly onParked?: () => void;
  /** Under which events are looked for as duplicates. (Default: the group) */
  readonly dedupGroup?: string;
  /** What handlers publish is dropped. (Default: false) */
  readonly isPublishingSuppressed?: boolean;
}

/** What a driver is given to handle a group's records with. */
export interface Pipeline {
  /** As `ConsumeOptions.handle`: resolves with the records that keep their places, because a store or the broker is away, or somebody else has them. */
  handle(records: readonly IncomingRecord[], context: ChunkContext): Promise<readonly UnfinishedRecord[]>;
  /** Follows how long handlers take. */
  maxChunkRecords(): number;
}

const DEFAULT_MAX_BATCH_EVENTS = 512;
const DEFAULT_SLOW_HANDLER_MS = 1_000;

/**
 * Everything that happens to a chunk: who is it ▸ types without handler pass ▸ decoding and contract ▸ one claim ▸ one transaction with the handlers ▸ one confirmation; and for
 * each that cannot go with the others, the same alone: tries in place ▸ retry topic or parking lot ▸ dead letter.
 */
export function createPipeline<Tx>(options: PipelineOptions<Tx>): Pipeline {
  const { subscription, breaker } = options;
  const read = createDeliveryReader({ ...subscription, dedupGroup: options.dedupGroup });
  const report = createReporter({ ...options, group: subscription.group });
  const stages = createStages(options);
  const { chunkSize } = stages;
  const { quarantine = createQuarantine() } = options;
  return {
    maxChunkRecords: () => (breaker.isAnyOpen ? 1 : chunkSize.current),
    handle: async (records, { signal, finish }) => {
      const [first] = records;
      if (first === undefined) return [];
      const chunk: Chunk = {
        signal,
        finish,
        claims: new HeldClaims(options),
        quarantine,
        report: report(first.topic, first.partition, records.length),
        leavers: new Leavers(),
        stopped: undefined,
        slowInARow: 0,
      };
      try {
        const together = stages.sort(
          chunk,
          records.map((record) => read(record, signal)),
        );
        await handleTogether(stages, chunk, together);
        return await handleLanes(stages, chunk, records);
      } finally {
        chunk.claims.close();
        chunk.report.tell();
      }
    },
  };
}

function createStages<Tx>(options: PipelineOptions<Tx>) {
  const { subscription, policy, parking, replays, breaker, onParked = () => {} } = options;
  const { group } = subscription;
  const route = createRouter(subscription);
  const prepare = createPreparation(subscription);
  const settling = { ...options, group };
  return {
    ...options,
    group,
    prepare,
    route,
    sort: (chunk: Chunk, deliveries: readonly Delivery[]) => sortReady({ chunk, prepare, route }, deliveries),
    chunkSize: createChunkSize({
      maxEvents: subscription.hasOutsideEffects === true ? 1 : (subscription.maxBatchEvents ?? DEFAULT_MAX_BATCH_EVENTS),
    }),
    runHandlers: createHandlersRun({
      ...options,
      group,
      route,
      slowHandlerMs: subscription.slowHandlerMs ?? DEFAULT_SLOW_HANDLER_MS,
    }),
    judge: createJudge(breaker),
    settle:
      parking !== undefined && subscription.order === 'key'
        ? createParkingSettlement({ ...settling, parking, onParked })
        : createRetrySettlement(settling),
    maxAttempts: maxAttempts(policy),
    onHandled: () => breaker.succeeded(1),
    onReplayed: async ({ replayOf }: Delivery) => replays?.resolve(group, [replayOf ?? '']),
  };
}

/** Decodes an event and checks it, once. */
export function createPreparation<Tx>(subscription: Pick<Subscription<Tx>, 'codec' | 'contracts'>): (delivery: Delivery) => void {
  const check = createContractCheck(subscription);
  return (delivery) => {
    if (delivery.event !== undefined) return;
    const event = delivery.decode();
    check(event);
    delivery.event = event;
  };
}

interface Sorting {
  readonly chunk: Chunk;
  readonly prepare: (delivery: Delivery) => void;
  readonly route: (type: string) => unknown;
}

/**
 * Those that may go together. Types without a handler are done, and are not even decoded; a record of unknown type goes on: it is a failure, not a foreign type. What cannot be read, what has
 * failed before and what is in the chunk twice goes alone, and so do the later ones of its key.
 */
function sortReady({ chunk, prepare, route }: Sorting, deliveries: readonly Delivery[]): Delivery[] {
  const seen = new Set<string>();
  return deliveries.filter((delivery) => {
    const { type, source, id } = delivery.key;
    if (type !== undefined && route(type) === undefined) {
      chunk.report.settled(delivery, { outcome: 'skipped' });
      return false;
    }
    delivery.span = openDeliverySpan(delivery);
    const identity = `${source}\0${id}`;
    const isFirst = !seen.has(identity);
    seen.add(identity);
    const isReady =
      isFirst && delivery.history.attempts === 0 && !chunk.leavers.precede(delivery) && isPrepared(prepare, delivery);
    if (!isReady) chunk.leavers.add(delivery);
    return isReady;
  });
}

/** What is wrong with it is found again, and told, when it goes alone. */
function isPrepared(prepare: (delivery: Delivery) => void, delivery: Delivery): boolean {
  try {
    prepare(delivery);
    return true;
  } catch {
    return false;
  }
}
