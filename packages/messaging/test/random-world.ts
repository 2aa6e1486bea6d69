import { setImmediate as turn } from 'node:timers/promises';
import { EventError } from '@throughline/events';
import { ClaimMemory, createInMemoryClaimStore } from '../src/in-memory/in-memory-claim-store.ts';
import { createInMemoryDriver } from '../src/in-memory/in-memory-driver.ts';
import { createInMemoryInbox, type InMemoryTransaction } from '../src/in-memory/in-memory-inbox.ts';
import { createInMemoryParkingLot } from '../src/in-memory/in-memory-parking-lot.ts';
import { InboxMemory } from '../src/in-memory/inbox-memory.ts';
import type { ConsumeOptions, MessagingDriver } from '../src/messaging-driver.ts';
import { type RunningSubscription, subscribe } from '../src/subscribing/subscribe.ts';
import type { BatchHandler, EventHandler, Subscription } from '../src/subscribing/subscription.ts';
import { subscriptionTopics } from '../src/subscribing/subscription-topics.ts';
import { type Fault, FaultPlan, faultyClaims, faultyDriver, faultyInbox, faultyParkingLot } from './fault-plan.ts';
import { jsonCodec, newMetrics, recordOf, silentLogger, thing, thingContracts } from './fixtures.ts';
import { createManualClock } from './manual-clock.ts';

const GROUP = 'test.random';
const TOPIC = 'things.v1';
const RETRY = { inlineTries: 3, inlineDelayMs: 10, delays: ['1s', '2s', '3s'] };
export const MAX_ATTEMPTS = RETRY.inlineTries * (1 + RETRY.delays.length);

/** What is special about a record; a number of failures comes before it goes well. */
export interface RandomRecord {
  readonly id: number;
  readonly key: string | null;
  readonly kind: 'good' | 'transient' | 'unknown' | 'bug' | 'hangs' | 'away' | 'foreign' | 'unreadable' | 'breaks-contract';
  readonly failures: number;
}

export interface RandomWorldOptions {
  readonly records: readonly RandomRecord[];
  readonly faults: readonly Fault[];
  readonly order: 'key' | 'none';
  readonly takes: 'one' | 'many';
  readonly hasOutsideEffects: boolean;
  readonly minFailedKeys: number;
}

type Tx = InMemoryTransaction;

/** A group of two members over stores in memory that fail at will; records are told apart by `data.name`, their place in the list. */
export async function openRandomWorld({ records, faults, order, takes, hasOutsideEffects, minFailedKeys }: RandomWorldOptions) {
  const clock = createManualClock();
  const plan = new FaultPlan(faults);
  const driver = createInMemoryDriver({ clock });
  const memory = new InboxMemory();
  const claimMemory = new ClaimMemory();
  const parking = createInMemoryParkingLot({ memory, clock });
  /** Places of records whose effect was committed. */
  const effects: number[] = [];
  const attempts: number[] = [];
  const breaches: string[] = [];
  const failures = new Map<number, number>();

  const treat = async (name: string, tx: Tx) => {
    const { kind, failures: planned } = records[Number(name)] as RandomRecord;
    const failed = failures.get(Number(name)) ?? 0;
    if (failed < planned) {
      failures.set(Number(name), failed + 1);
      await fail(kind);
    }
    tx.onCommit(() => effects.push(Number(name)));
  };
  const one: EventHandler<Tx, { name: string }> = async ({ data }, { tx, attempt }) => {
    attempts.push(attempt);
    await treat(data.name, tx);
  };
  const many: BatchHandler<Tx, { name: string }> = async (batch, { tx }) => {
    for (const { event, attempt } of batch) {
      attempts.push(attempt);
      await treat(event.data.name, tx);
    }
  };
  const subscription: Subscription<Tx> = {
    ...{ group: GROUP, topics: [TOPIC], codec: jsonCodec, contracts: thingContracts, order, retry: RETRY },
    ...(takes === 'one' ? { handlers: { THING_HAPPENED: one } } : { batchHandlers: { THING_HAPPENED: many } }),
    hasOutsideEffects: hasOutsideEffects && takes === 'one',
    breaker: { minFailedKeys },
    concurrency: 3,
  };
  await driver.ensureTopics([{ topic: TOPIC, partitions: 3 }, ...subscriptionTopics(subscription, 3)], { create: true });
  const join = () =>
    subscribe<Tx>({
      subscription,
      driver: faultyDriver(watched(driver, breaches), plan),
      inbox: faultyInbox(createInMemoryInbox({ memory }), plan),
      parking: faultyParkingLot(parking, plan),
      claims: faultyClaims(createInMemoryClaimStore({ clock, memory: claimMemory }), plan),
      logger: silentLogger,
      metrics: newMetrics(),
      clock,
      random: () => 0.5,
      startsSuspended: true,
    });
  const members = [await join(), await join()] as const;

  const settled = async (): Promise<boolean> => {
    const topics = (await driver.listTopics()).filter((topic) => !topic.endsWith('.dlq'));
    const offsets = await driver.groups.offsets(GROUP, topics);
    if (offsets.some(({ committed = 0n, high }) => committed < high)) return false;
    return (await parking.nextDueAtMs(GROUP)) === undefined;
  };
  const during = async <Result>(work: Promise<Result>): Promise<Result> => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    over.catch(() => undefined);
    while (!isOver) await clock.advance(100);
    return over;
  };
  const publish = async (from: number, to: number) => {
    const producer = await driver.createProducer({ name: 'world' });
    for (const [index, record] of records.slice(from, to).entries()) {
      const { key, value, headers } = toRecord(record, from + index);
      await producer.send([{ topic: TOPIC, key, value, headers }], { timeoutMs: 1000 });
    }
    await turn();
  };
  return {
    ...{ clock, plan, driver, memory, claimMemory, parking, effects, attempts, breaches, members, during, publish, settled },
    move: (member: RunningSubscription) => during(member.isSuspended() ? member.resume() : member.suspend()),
    close: () => during(Promise.all(members.map((member) => member.stop()))),
  };
}

async function fail(kind: RandomRecord['kind']): Promise<void> {
  switch (kind) {
    case 'transient':
      throw new EventError('SEND_FAILED', 'away', { retryable: true });
    case 'unknown':
      throw new Error('who knows');
    case 'bug':
      throw new TypeError('undefined is not a function');
    case 'away':
      throw new EventError('DEPENDENCY_UNAVAILABLE', 'closed', { retryable: true });
    case 'hangs':
      return new Promise(() => {});
    default:
      return undefined;
  }
}

function toRecord({ id, key, kind }: RandomRecord, place: number) {
  const event = thing({
    id: `event-${id}`,
    ...(kind === 'foreign' && { type: 'OTHER_HAPPENED' }),
    data: kind === 'breaks-contract' ? {} : { name: String(place) },
  });
  const record = recordOf(event, { key: key === null ? null : Buffer.from(key) });
  return kind === 'unreadable' ? { ...record, value: Buffer.from('{') } : record;
}

/** Holds the pipeline to what the driver asks of it. */
function watched(driver: MessagingDriver, breaches: string[]): MessagingDriver {
  const handle =
    (inner: ConsumeOptions['handle']): ConsumeOptions['handle'] =>
    async (records, { signal, finish }) => {
      const finished = new Set<unknown>();
      const unfinished = await inner(records, {
        signal,
        finish: (done) => {
          for (const record of done) {
            if (finished.has(record) || !records.includes(record)) breaches.push('finished twice, or not its own');
            finished.add(record);
          }
          finish(done);
        },
      });
      const kept = unfinished.map(({ record }) => record);
      if (new Set(kept).size < kept.length) breaches.push('kept twice');
      if (kept.some((record) => finished.has(record) || !records.includes(record))) breaches.push('kept what is finished');
      return unfinished;
    };
  return { ...driver, consume: (options) => driver.consume({ ...options, handle: handle(options.handle) }) };
}
