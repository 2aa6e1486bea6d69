import { createBreaker } from '../src/breaker/breaker.ts';
import { type BreakerPolicy, DEFAULT_BREAKER_POLICY } from '../src/breaker/breaker-policy.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import { createInMemoryClaimStore } from '../src/in-memory/in-memory-claim-store.ts';
import { createInMemoryDriver } from '../src/in-memory/in-memory-driver.ts';
import { createInMemoryInbox, type InMemoryTransaction } from '../src/in-memory/in-memory-inbox.ts';
import { createInMemoryParkingLot } from '../src/in-memory/in-memory-parking-lot.ts';
import { InboxMemory } from '../src/in-memory/inbox-memory.ts';
import type { UnfinishedRecord } from '../src/messaging-driver.ts';
import type { EventOutcome } from '../src/outcomes/outcome.ts';
import { startParkedKeys } from '../src/parked-keys/start-parked-keys.ts';
import { createPipeline, type PipelineOptions } from '../src/pipeline/create-pipeline.ts';
import type { IncomingRecord } from '../src/record.ts';
import { completeRetryPolicy, type RetryPolicy } from '../src/retries/retry-policy.ts';
import type { Subscription } from '../src/subscribing/subscription.ts';
import { subscriptionTopics } from '../src/subscribing/subscription-topics.ts';
import { jsonCodec, newMetrics, silentLogger, thingContracts } from './fixtures.ts';

export const GROUP = 'test.things';

type Declaration = Partial<
  Pick<
    Subscription<InMemoryTransaction>,
    'handlers' | 'batchHandlers' | 'order' | 'hasOutsideEffects' | 'maxBatchEvents' | 'slowHandlerMs'
  >
>;

export interface OpenPipelineOptions extends Declaration {
  readonly retry?: Partial<RetryPolicy>;
  readonly breaker?: Partial<BreakerPolicy>;
  readonly handlerTimeoutMs?: number;
  readonly leaseMs?: number;
  readonly clock?: Clock;
  readonly maxPerKey?: number;
  /** Every type has a contract. */
  readonly anyType?: boolean;
  readonly overrides?: Partial<PipelineOptions<InMemoryTransaction>>;
}

/** A pipeline over stores in memory, and what can be seen of it. */
export async function openPipeline(options: OpenPipelineOptions) {
  const {
    retry,
    breaker,
    handlerTimeoutMs = 60_000,
    leaseMs = 10_000,
    clock = systemClock,
    maxPerKey,
    anyType,
    overrides,
    ...declared
  } = options;
  const driver = createInMemoryDriver();
  const memory = new InboxMemory();
  const bounds = maxPerKey === undefined ? {} : { maxPerKey };
  const inbox = createInMemoryInbox({ memory, bounds });
  const parking = createInMemoryParkingLot({ memory, clock, bounds });
  const claims = createInMemoryClaimStore({ leaseMs, clock });
  const policy = completeRetryPolicy({ inlineDelayMs: 1, ...retry });
  const metrics = newMetrics();
  const told: EventOutcome[] = [];
  const finished: IncomingRecord[] = [];
  await driver.ensureTopics(subscriptionTopics({ group: GROUP, retry: policy }), { create: true });
  const contracts = anyType === true ? { ...thingContracts, newest: () => 'THING_HAPPENED.v1' } : thingContracts;
  const pipelineOptions: PipelineOptions<InMemoryTransaction> = {
    subscription: {
      group: GROUP,
      topics: ['things.v1'],
      codec: jsonCodec,
      contracts,
      order: 'none',
      ...declared,
    },
    policy,
    inbox,
    parking,
    claims,
    producer: () => driver.createProducer({ name: 'retry' }),
    breaker: createBreaker({
      group: GROUP,
      policy: { ...DEFAULT_BREAKER_POLICY, ...breaker },
      clock,
      logger: silentLogger,
      metrics,
    }),
    outcomes: { tell: ({ events }) => told.push(...events) },
    logger: silentLogger,
    metrics,
    clock,
    random: () => 0,
    handlerTimeoutMs,
    renewEveryMs: Math.floor(leaseMs / 3),
    ...overrides,
  };
  const pipeline = createPipeline(pipelineOptions);
  const handle = (
    records: readonly IncomingRecord[],
    signal = new AbortController().signal,
  ): Promise<readonly UnfinishedRecord[]> => pipeline.handle(records, { signal, finish: (done) => void finished.push(...done) });
  /** One record; rejects with what kept it in its place. */
  const deliver = async (record: IncomingRecord, signal?: AbortSignal): Promise<string> => {
    const before = told.length;
    const [unfinished] = await handle([record], signal);
    if (unfinished !== undefined) throw unfinished.error;
    return told[before]?.outcome ?? 'skipped';
  };
  const startParked = () => startParkedKeys({ ...pipelineOptions, parking });
  return { driver, inbox, parking, claims, metrics, pipeline, told, finished, handle, deliver, startParked };
}
