import { EventError, headerText } from '@throughline/events';
import { waitFor } from '@throughline/testing';
import { bytes, jsonCodec, newMetrics, recordOf, silentLogger, thing, thingContracts } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import type { ClaimStore } from '../claim-store.ts';
import { type Clock, systemClock } from '../clock.ts';
import { createInMemoryClaimStore } from '../in-memory/in-memory-claim-store.ts';
import { createInMemoryDriver } from '../in-memory/in-memory-driver.ts';
import { createInMemoryInbox, type InMemoryTransaction } from '../in-memory/in-memory-inbox.ts';
import type { IncomingRecord } from '../record.ts';
import { RETRY_HEADERS } from '../retry-headers.ts';
import { completeRetryPolicy, type RetryPolicy } from '../retry-policy.ts';
import type { EventHandler } from '../subscription.ts';
import { subscriptionTopics } from '../subscription-topics.ts';
import { createPipeline } from './create-pipeline.ts';

const GROUP = 'test.things';
const KEY = { group: GROUP, source: 'THING_SERVICE', id: 'event-1' };
const transient = () => new EventError('SEND_FAILED', 'away', { retryable: true });

async function setUp(
  handler: EventHandler<InMemoryTransaction>,
  options: { retry?: Partial<RetryPolicy>; handlerTimeoutMs?: number; leaseMs?: number; clock?: Clock } = {},
) {
  const driver = createInMemoryDriver();
  const inbox = createInMemoryInbox();
  const claims = createInMemoryClaimStore({ leaseMs: options.leaseMs ?? 10_000, clock: options.clock ?? systemClock });
  const policy = completeRetryPolicy({ inlineDelayMs: 1, ...options.retry });
  const subscription = {
    group: GROUP,
    topics: ['things.v1'],
    codec: jsonCodec,
    contracts: thingContracts,
    handlers: { THING_HAPPENED: handler },
    order: 'none',
  } as const;
  await driver.ensureTopics(subscriptionTopics({ group: GROUP, retry: policy }), { create: true });
  const handle = createPipeline({
    subscription,
    policy,
    inbox,
    claims,
    producer: () => driver.createProducer({ name: 'retry' }),
    logger: silentLogger,
    metrics: newMetrics(),
    clock: options.clock ?? systemClock,
    random: () => 0,
    handlerTimeoutMs: options.handlerTimeoutMs ?? 60_000,
    renewEveryMs: Math.floor((options.leaseMs ?? 10_000) / 3),
  });
  const deliver = (record: IncomingRecord, signal = new AbortController().signal) => handle(record, signal);
  return { driver, inbox, claims, deliver };
}

function counting(outcome: (call: number) => void = () => {}) {
  const attempts: number[] = [];
  const handler: EventHandler<InMemoryTransaction> = async (_, { attempt }) => {
    attempts.push(attempt);
    outcome(attempts.length);
  };
  return { attempts, handler };
}

describe('an event that is handled', () => {
  it('runs its handler with what the handler needs, in the transaction', async () => {
    const effects: unknown[] = [];
    const { deliver, inbox } = await setUp(async (event, context) => {
      context.tx.onCommit(() => effects.push([event.data, context.attempt, context.idempotencyKey, context.cause]));
    });
    expect(await deliver(recordOf(thing({ correlationId: 'order-7' })))).toBe('handled');
    expect(effects).toEqual([[{ name: 'a' }, 1, `${GROUP}:event-1`, { correlationId: 'order-7', causationId: 'event-1' }]]);
    expect(inbox.hasHandled(KEY)).toBe(true);
  });

  it('is a duplicate for the claim store the second time', async () => {
    const { attempts, handler } = counting();
    const { deliver } = await setUp(handler);
    expect([await deliver(recordOf(thing())), await deliver(recordOf(thing()))]).toEqual(['handled', 'duplicate']);
    expect(attempts).toHaveLength(1);
  });

  it('is a duplicate for the inbox when the claim store forgot it', async () => {
    const { attempts, handler } = counting();
    const { deliver, claims } = await setUp(handler);
    await deliver(recordOf(thing()));
    claims.flush();
    expect(await deliver(recordOf(thing()))).toBe('duplicate');
    expect(attempts).toHaveLength(1);
  });

  it('has the same identity with and without headers', async () => {
    const { attempts, handler } = counting();
    const { deliver } = await setUp(handler);
    expect(await deliver(recordOf(thing(), { headers: {} }))).toBe('handled');
    expect(await deliver(recordOf(thing()))).toBe('duplicate');
    expect(attempts).toHaveLength(1);
  });

  it('may have properties that we do not know', async () => {
    const { deliver } = await setUp(async () => {});
    expect(await deliver(recordOf(thing({ data: { name: 'a', colour: 'blue' } })))).toBe('handled');
  });

  it('is handled without a claim while the claim store is away, the inbox counting its attempts', async () => {
    const { attempts, handler } = counting((call) => {
      if (call === 1) throw transient();
    });
    const { deliver, claims } = await setUp(handler);
    claims.isAvailable = false;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 2]);
  });

  it('waits for somebody else’s claim and takes it over when its lease is over', async () => {
    const { attempts, handler } = counting();
    const { deliver, claims } = await setUp(handler, { leaseMs: 30 });
    await claims.claim(KEY);
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([2]);
  });

  it('notices within half a second that somebody else’s work has ended', async () => {
    const clock = createManualClock();
    const { handler } = counting();
    const { deliver, claims } = await setUp(handler, { leaseMs: 10_000, clock });
    const claim = await claims.claim(KEY);
    let outcome: string | undefined;
    void deliver(recordOf(thing())).then((each) => {
      outcome = each;
    });
    await clock.advance(5);
    await claims.confirm(KEY, claim.outcome === 'claimed' ? claim.token : '');
    await clock.advance(500);
    expect(outcome).toBe('duplicate');
  });

  it('keeps its claim while its handler takes longer than the lease', async () => {
    let release = () => {};
    const clock = createManualClock();
    const started = Promise.withResolvers<void>();
    const { deliver, claims } = await setUp(
      () =>
        new Promise((resolve) => {
          release = resolve;
          started.resolve();
        }),
      { leaseMs: 30_000, clock },
    );
    const delivered = deliver(recordOf(thing()));
    await started.promise;
    await clock.advance(59_000);
    expect(await claims.claim(KEY)).toMatchObject({ outcome: 'in-work' });
    release();
    expect(await delivered).toBe('handled');
  });
});

describe('an event without a handler', () => {
  it('is skipped without being read', async () => {
    const { deliver, inbox } = await setUp(async () => {});
    const record = recordOf(thing({ type: 'OTHER_HAPPENED' }), { value: Buffer.from('not JSON') });
    expect(await deliver(record)).toBe('skipped');
    expect(inbox.deadLetters).toEqual([]);
  });
});

describe('a poison record becomes a dead letter at once', () => {
  const cases: readonly [
    string,
    IncomingRecord,
    { reason: string; eventId: string; source: string; eventType: string | undefined },
  ][] = [
    [
      'not JSON, with headers',
      recordOf(thing(), { value: Buffer.from('{') }),
      { reason: 'decoding', eventId: 'event-1', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' },
    ],
    [
      'not JSON, without headers',
      recordOf(thing(), { value: Buffer.from('{'), headers: {}, partition: 3, offset: 42n }),
      { reason: 'decoding', eventId: 'things.v1/3/42', source: 'things.v1', eventType: undefined },
    ],
    [
      'no value',
      recordOf(thing(), { value: null }),
      { reason: 'decoding', eventId: 'event-1', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' },
    ],
    [
      'broken headers',
      recordOf(thing(), { headers: bytes({ ce_id: 'x' }), offset: 7n }),
      { reason: 'decoding', eventId: 'things.v1/0/7', source: 'things.v1', eventType: undefined },
    ],
    [
      'contract broken',
      recordOf(thing({ data: { name: 1 } })),
      { reason: 'contract', eventId: 'event-1', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' },
    ],
  ];
  it.each(cases)('%s', async (_, record, expected) => {
    const { attempts, handler } = counting();
    const { deliver, inbox } = await setUp(handler);
    expect(await deliver(record)).toBe('dead-lettered');
    expect(inbox.deadLetters).toMatchObject([{ ...expected, group: GROUP, record, attempts: 1, replayCount: 0 }]);
    expect(attempts).toEqual([]);
  });

  it('names every violation of the contract with its path', async () => {
    const { deliver, inbox } = await setUp(async () => {});
    await deliver(recordOf(thing({ data: {} })));
    expect(inbox.deadLetters[0]?.error).toMatchObject({ class: 'EventError:CONTRACT_VIOLATED' });
    expect(inbox.deadLetters[0]?.error.message).toContain('/data/name must be string');
  });
});

describe('a handler that fails', () => {
  it('is tried again in place', async () => {
    const { attempts, handler } = counting((call) => {
      if (call < 3) throw transient();
    });
    const { deliver } = await setUp(handler);
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it.each([
    ['transient', transient],
    ['unknown', () => new Error('boom')],
  ])('goes to the first retry topic after its tries in place: %s', async (_, error) => {
    const { attempts, handler } = counting(() => {
      throw error();
    });
    const { deliver, driver, inbox } = await setUp(handler);
    const before = Date.now();
    const record = recordOf(thing(), { partition: 2, offset: 5n });
    expect(await deliver(record)).toBe('retried');
    expect(attempts).toEqual([1, 2, 3]);
    expect(inbox.deadLetters).toEqual([]);
    const [retry] = driver.records(`${GROUP}.retry.5s`);
    expect(retry).toMatchObject({ key: record.key, value: record.value, headers: record.headers });
    const header = (name: string) => headerText(retry?.headers ?? {}, name);
    expect(header(RETRY_HEADERS.originalTopic)).toBe('things.v1');
    expect(header(RETRY_HEADERS.originalPartition)).toBe('2');
    expect(header(RETRY_HEADERS.originalOffset)).toBe('5');
    expect(header(RETRY_HEADERS.originalTimestamp)).toBe('1700000000000');
    expect(header(RETRY_HEADERS.attempts)).toBe('3');
    expect(Number(header(RETRY_HEADERS.firstFailedAt))).toBeGreaterThanOrEqual(before);
    expect(Number(header(RETRY_HEADERS.dueAt))).toBeGreaterThanOrEqual(before + 5000);
  });

  it.each([
    ['transient', transient, 12],
    ['unknown', () => new Error('boom'), 6],
  ])('goes through all retry topics to a dead letter of its original record: %s', async (_, error, tries) => {
    const { attempts, handler } = counting(() => {
      throw error();
    });
    const { deliver, driver, inbox } = await setUp(handler);
    const record = recordOf(thing(), { partition: 2, offset: 5n });
    const outcomes = [await deliver(record)];
    for (const delay of ['5s', '1m', '10m'])
      outcomes.push(await deliver(driver.records(`${GROUP}.retry.${delay}`)[0] as IncomingRecord));
    expect(outcomes).toEqual(['retried', 'retried', 'retried', 'dead-lettered']);
    expect(attempts).toEqual(Array.from({ length: tries }, (__, index) => index + 1));
    expect(inbox.deadLetters).toMatchObject([
      {
        reason: 'attempts',
        attempts: tries,
        eventId: 'event-1',
        original: { topic: 'things.v1', partition: 2, offset: 5n, timestampMs: record.timestampMs },
        record: { topic: `${GROUP}.retry.10m`, value: record.value },
      },
    ]);
  });

  it('goes on with the next longer delay when its own was removed', async () => {
    const { deliver, driver } = await setUp(
      async () => {
        throw transient();
      },
      { retry: { delays: ['5s', '1h'] } },
    );
    await driver.ensureTopics([{ topic: `${GROUP}.retry.1m` }], { create: true });
    expect(await deliver(recordOf(thing(), { topic: `${GROUP}.retry.1m` }))).toBe('retried');
    expect(driver.records(`${GROUP}.retry.1h`)).toHaveLength(1);
  });

  it.each([
    ['says that trying again cannot help', () => new EventError('HANDLER_FAILED', 'no'), 'handler'],
    ['has a mistake', () => new TypeError('x is not a function'), 'handler'],
  ])('is a dead letter at once when it %s', async (_, error, reason) => {
    const { attempts, handler } = counting(() => {
      throw error();
    });
    const { deliver, inbox } = await setUp(handler);
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(attempts).toEqual([1]);
    expect(inbox.deadLetters).toMatchObject([{ reason, attempts: 1 }]);
  });

  it('is stopped at its time limit and counts as failed', async () => {
    const signals: AbortSignal[] = [];
    const { deliver, inbox } = await setUp(
      (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
      { handlerTimeoutMs: 20, retry: { inlineTries: 1, delays: [] } },
    );
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(inbox.deadLetters).toMatchObject([{ reason: 'timeout' }]);
    expect(inbox.hasHandled(KEY)).toBe(false);
  });

  it('may be replayed after it was a dead letter, with its tries anew', async () => {
    const { attempts, handler } = counting((call) => {
      if (call <= 2) throw transient();
    });
    const { deliver } = await setUp(handler, { retry: { inlineTries: 2, delays: [] } });
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 2, 1]);
  });
});

/** As a process does that a handler killed: takes the claim, once the one before has run out, and never gives it back. */
async function claimAndDie(claims: ClaimStore): Promise<void> {
  const isClaimed = async () => (await claims.claim(KEY)).outcome === 'claimed';
  await waitFor(isClaimed, { intervalMs: 1, description: 'the claim' });
}

describe('an event that kills the process', () => {
  it('is a dead letter after as many claims as it has tries, without being begun again', async () => {
    const { attempts, handler } = counting();
    const { deliver, claims, inbox } = await setUp(handler, { retry: { inlineTries: 2, delays: ['5s'] }, leaseMs: 1 });
    for (let kill = 0; kill < 4; kill += 1) await claimAndDie(claims);
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(attempts).toEqual([]);
    expect(inbox.deadLetters).toMatchObject([{ reason: 'attempts', attempts: 5 }]);
  });
});

describe('a dead letter for tries that are used up', () => {
  it('tells of the last failure, in place and from the retry topic before', async () => {
    const { deliver, inbox, driver, claims } = await setUp(
      async () => {
        throw new Error('redis://:hunter2@cache is full');
      },
      { retry: { inlineTries: 2, delays: ['5s'] }, leaseMs: 1 },
    );
    expect(await deliver(recordOf(thing()))).toBe('retried');
    const [retry] = driver.records(`${GROUP}.retry.5s`);
    expect(headerText(retry?.headers ?? {}, RETRY_HEADERS.lastError)).toBe('Error: redis://[redacted]@cache is full');
    for (let kill = 0; kill < 2; kill += 1) await claimAndDie(claims);
    expect(await deliver(retry as IncomingRecord)).toBe('dead-lettered');
    expect(inbox.deadLetters).toMatchObject([{ reason: 'attempts', error: { class: 'EventError:ATTEMPTS_EXHAUSTED' } }]);
    expect(inbox.deadLetters[0]?.error.message).toContain('the last failure was Error: redis://[redacted]@cache is full');
  });
});

describe('an event that was copied from the dead letters to its topic', () => {
  it('is handled, with all its tries', async () => {
    const { attempts, handler } = counting();
    const { deliver } = await setUp(handler);
    const copied = bytes({
      [RETRY_HEADERS.originalTopic]: 'things.v1',
      [RETRY_HEADERS.originalOffset]: '5',
      [RETRY_HEADERS.attempts]: '12',
    });
    expect(await deliver(recordOf(thing(), { headers: { ...recordOf(thing()).headers, ...copied } }))).toBe('handled');
    expect(attempts).toEqual([1]);
  });
});

describe('trouble that is not the event’s', () => {
  it('keeps the record in its place while the inbox is away, and burns no attempts', async () => {
    const { attempts, handler } = counting();
    const { deliver, inbox, driver } = await setUp(handler, { retry: { inlineTries: 1, delays: ['5s'] } });
    inbox.isAvailable = false;
    for (let round = 0; round < 5; round += 1)
      await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    inbox.isAvailable = true;
    expect(inbox.deadLetters).toEqual([]);
    expect(driver.records(`${GROUP}.retry.5s`)).toEqual([]);
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1]);
  });

  it('keeps the record in its place when the retry topic cannot be written', async () => {
    const { deliver, driver } = await setUp(async () => {
      throw transient();
    });
    driver.isAvailable = false;
    await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'SEND_FAILED' });
  });

  it('burns no attempts while the retry topic cannot be written', async () => {
    const { attempts, handler } = counting(() => {
      throw transient();
    });
    const { deliver, driver, inbox, claims } = await setUp(handler);
    driver.isAvailable = false;
    for (let round = 0; round < 5; round += 1) {
      claims.isAvailable = round % 2 === 0;
      await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'SEND_FAILED' });
    }
    driver.isAvailable = true;
    for (const isAvailable of [true, false]) {
      claims.isAvailable = isAvailable;
      expect(await deliver(recordOf(thing()))).toBe('retried');
      expect(attempts.slice(-3)).toEqual([1, 2, 3]);
      claims.flush();
    }
    expect(inbox.deadLetters).toEqual([]);
  });

  it('burns no attempts while the claim store is away and the database gives up', async () => {
    let isGivingUp = true;
    const { attempts, handler } = counting(() => {
      if (isGivingUp) throw new EventError('STORE_UNAVAILABLE', 'gone', { retryable: true });
    });
    const { deliver, inbox, claims } = await setUp(handler);
    claims.isAvailable = false;
    for (let round = 0; round < 13; round += 1) await expect(deliver(recordOf(thing()))).rejects.toThrow('gone');
    isGivingUp = false;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual(Array.from({ length: 14 }, () => 1));
    expect(inbox.deadLetters).toEqual([]);
  });

  it('makes no dead letter of a handled event that comes again and again while the claim store is away', async () => {
    const { attempts, handler } = counting();
    const { deliver, inbox, claims } = await setUp(handler);
    claims.isAvailable = false;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    for (let round = 0; round < 13; round += 1) expect(await deliver(recordOf(thing()))).toBe('duplicate');
    expect(inbox.deadLetters).toEqual([]);
    expect(attempts).toEqual([1]);
  });

  it('keeps counting what killed the process when an outage follows', async () => {
    const { attempts, handler } = counting();
    const clock = createManualClock();
    const { deliver, claims, inbox } = await setUp(handler, { retry: { inlineTries: 2, delays: [] }, clock });
    await claims.claim(KEY);
    await clock.advance(10_001);
    inbox.isAvailable = false;
    await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    inbox.isAvailable = true;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([2]);
  });

  it('keeps the record in its place when the dead letter cannot be written', async () => {
    const { deliver, inbox } = await setUp(async () => {});
    inbox.isAvailable = false;
    await expect(deliver(recordOf(thing(), { value: null }))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('stops a handler whose result would be thrown away, and takes its attempt back', async () => {
    const started = Promise.withResolvers<void>();
    let isFirst = true;
    const { attempts, handler } = counting();
    const { deliver } = await setUp(async (event, context) => {
      await handler(event, context);
      if (!isFirst) return;
      isFirst = false;
      started.resolve();
      await new Promise(() => {});
    });
    const assignment = new AbortController();
    const delivered = deliver(recordOf(thing()), assignment.signal);
    await started.promise;
    assignment.abort();
    await expect(delivered).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 1]);
  });
});
