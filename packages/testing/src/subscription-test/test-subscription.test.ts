import { setTimeout as delay } from 'node:timers/promises';
import type { EnvelopeCodec, Event } from '@throughline/events';
import { EventError } from '@throughline/events';
import { createEventPublisher, type EventHandler, type Subscription } from '@throughline/messaging';
import { type SubscriptionTest, type SubscriptionTestOptions, testSubscription } from './test-subscription.ts';

const codec: EnvelopeCodec = {
  name: 'json',
  contentType: 'application/json',
  encode: (event) => Buffer.from(JSON.stringify(event)),
  decode: (value) => JSON.parse(value.toString()) as Event,
  toEnvelope: ({ data }) => data,
};
const contracts = {
  names: ['DEPOSITED.v1', 'BALANCE_CHANGED.v1'],
  newest: (type: string) => `${type}.v1`,
  validate: (_: string, data: unknown) =>
    typeof (data as { amount?: unknown }).amount === 'number'
      ? []
      : [{ path: '/amount', rule: 'type', message: 'must be number' }],
};

/** Balances in memory: what an adapter's fake does in a test of one's own. */
class Balances {
  readonly #amounts = new Map<string, number>();
  of(key: string): number {
    return this.#amounts.get(key) ?? 0;
  }
  add(key: string, amount: number): void {
    this.#amounts.set(key, this.of(key) + amount);
  }
}

const tests: SubscriptionTest[] = [];
afterEach(() => Promise.all(tests.splice(0).map((each) => each.close())));

const balances = () => new Balances();

async function open(options: {
  readonly store: Balances;
  readonly fault?: (event: Event<{ amount: number }>, attempt: number) => unknown;
  readonly declared?: Partial<Subscription<{ onCommit(effect: () => void): void }>>;
  readonly more?: Partial<SubscriptionTestOptions<{ onCommit(effect: () => void): void }>>;
}) {
  const test = await testSubscription<{ onCommit(effect: () => void): void }>({
    subscription: ({ outbox }) => {
      const publisher = createEventPublisher({
        ...{ source: 'BALANCES', codec, contracts, outbox },
        destination: () => ({ topic: 'balances.v1', aggregateType: 'balance' }),
      });
      const onDeposit: EventHandler<{ onCommit(effect: () => void): void }, { amount: number }> = async (
        event,
        { tx, cause, attempt },
      ) => {
        const key = event.partitionKey ?? '';
        tx.onCommit(() => options.store.add(key, event.data.amount));
        await publisher.publish(tx, { type: 'BALANCE_CHANGED', key, data: { amount: event.data.amount }, cause });
        await options.fault?.(event, attempt);
      };
      const base = { group: 'bank.balances', topics: ['deposits.v1'], codec, contracts, order: 'none' as const };
      return { ...base, handlers: { DEPOSITED: onDeposit }, ...options.declared };
    },
    ...options.more,
  });
  tests.push(test);
  return test;
}

const deposited = (amount: unknown, id?: string, key = 'a-1') => ({
  type: 'DEPOSITED',
  source: 'TELLER',
  key,
  data: { amount },
  ...(id !== undefined && { id }),
});
const away = () => new EventError('SEND_FAILED', 'away', { retryable: true });

it('handles an event on top of given ones, and shows state and what was published', async () => {
  const store = balances();
  const test = await open({ store });
  await test.given(deposited(5), deposited(7));
  const result = await test.when(deposited(1, 'e-1'));
  expect(result).toMatchObject({ outcome: 'handled', outcomes: ['handled'], attempts: 1, deadLetter: undefined });
  expect(result.published).toMatchObject([
    { type: 'BALANCE_CHANGED', topic: 'balances.v1', key: 'a-1', event: { causationId: 'e-1', data: { amount: 1 } } },
  ]);
  expect(store.of('a-1')).toBe(13);
});

it('a repeat changes and publishes nothing', async () => {
  const store = balances();
  const test = await open({ store });
  await test.given(deposited(5, 'e-1'));
  expect(await test.when(deposited(5, 'e-1'))).toMatchObject({ outcome: 'duplicate', published: [] });
  expect(store.of('a-1')).toBe(5);
});

it('lets the delays of retries pass at once, and keeps nothing of tries that failed', async () => {
  const store = balances();
  const retry = { inlineTries: 2, delays: ['1m', '10m'] };
  const test = await open({
    store,
    declared: { retry },
    fault: (_, attempt) => (attempt < 5 ? Promise.reject(away()) : undefined),
  });
  const startedAtMs = performance.now();
  const result = await test.when(deposited(5));
  expect(result).toMatchObject({ outcome: 'handled', outcomes: ['retried', 'retried', 'handled'], attempts: 5 });
  expect(result.published).toHaveLength(1);
  expect(store.of('a-1')).toBe(5);
  expect(performance.now() - startedAtMs).toBeLessThan(60_000);
});

it('shows the dead letter of what cannot be handled', async () => {
  const test = await open({ store: balances(), fault: () => Promise.reject(new TypeError('no such account')) });
  const { outcome, deadLetter, published } = await test.when(deposited(5));
  expect({ outcome, published }).toEqual({ outcome: 'dead-lettered', published: [] });
  expect(deadLetter).toMatchObject({ reason: 'handler', error: { class: 'TypeError', message: 'no such account' } });
  await expect(test.given(deposited(6))).rejects.toThrow('Given DEPOSITED was dead-lettered: no such account');
});

it('keeps the order of a key where the subscription says so', async () => {
  const store = balances();
  let isFailing = true;
  const fault = ({ id }: Event) => (id === 'bad' && isFailing ? Promise.reject(away()) : undefined);
  const test = await open({ store, fault, declared: { order: 'key', retry: { inlineTries: 1, delays: ['5s'] } } });
  expect(await test.when(deposited(1, 'bad'))).toMatchObject({ outcome: 'dead-lettered', outcomes: ['parked', 'dead-lettered'] });
  expect(await test.when(deposited(2, 'behind'))).toMatchObject({ outcome: 'parked' });
  expect(await test.when(deposited(4, 'other', 'a-2'))).toMatchObject({ outcome: 'handled' });
  expect([store.of('a-1'), store.of('a-2')]).toEqual([0, 4]);
  isFailing = false;
  const late = await open({
    store,
    declared: { order: 'key' },
    fault: (_, attempt) => (attempt < 4 ? Promise.reject(away()) : undefined),
  });
  expect(await late.when(deposited(8))).toMatchObject({ outcome: 'released' });
});

it('skips types without handler, and refuses events that break their contract before they arrive', async () => {
  const test = await open({ store: balances() });
  expect(await test.when({ ...deposited(1), type: 'OTHER' })).toMatchObject({ outcome: 'skipped', outcomes: [], attempts: 0 });
  await expect(test.when(deposited('five'))).rejects.toMatchObject({ code: 'CONTRACT_VIOLATED' });
});

it('waits for a handler that waits for something real, and times out one that waits for ever', async () => {
  const slow = await open({ store: balances(), fault: () => delay(30) });
  expect(await slow.when(deposited(1))).toMatchObject({ outcome: 'handled', attempts: 1 });
  const stuck = await open({
    store: balances(),
    fault: () => new Promise(() => undefined),
    declared: { retry: { inlineTries: 1, delays: [] }, handlerTimeoutMs: 2_000 },
  });
  expect(await stuck.when(deposited(1))).toMatchObject({ outcome: 'dead-lettered', deadLetter: { reason: 'timeout' } });
});

it('hands handlers the transaction they want', async () => {
  const seen: string[] = [];
  const test = await open({
    store: balances(),
    more: {
      toTransaction: (tx) => ({
        onCommit: (effect) => {
          tx.onCommit(effect);
          tx.onCommit(() => seen.push('committed'));
        },
      }),
    },
  });
  expect((await test.when(deposited(1))).published).toHaveLength(1);
  expect(seen).toEqual(['committed']);
});
