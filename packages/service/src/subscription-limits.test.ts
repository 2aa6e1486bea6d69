import { checkRetention, createConcurrencyBudget } from './subscription-limits.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'CONFIGURATION_REFUSED', message: expect.stringMatching(message) });

describe('createConcurrencyBudget', () => {
  it.each([
    [10, 4],
    [3, 1],
    [50, 4],
  ])('gives a subscription that asks for nothing, of %d connections, %d', (connections, expected) => {
    expect(createConcurrencyBudget(connections).take({ group: 'g' })).toBe(expected);
  });

  it('shares the pool between subscriptions', () => {
    const budget = createConcurrencyBudget(10);
    expect(budget.take({ group: 'a', concurrency: 5 })).toBe(5);
    expect(budget.take({ group: 'b' })).toBe(3);
    expect(() => budget.take({ group: 'c' })).toThrow(refusal(/concurrency \(1\) of c must be at most 0/));
  });

  it('refuses more than the pool has, naming both settings', () => {
    const budget = createConcurrencyBudget(10);
    expect(() => budget.take({ group: 'g', concurrency: 9 })).toThrow(
      refusal(/concurrency \(9\) of g.*databaseConnections \(10\)/),
    );
  });
});

describe('checkRetention', () => {
  const subscription = { group: 'g', topics: ['t'], retry: { delays: ['1h'] } };

  it.each([
    ['a topic that declares nothing', []],
    ['a topic that is kept a day', [{ topic: 't', retentionMs: DAY_MS }]],
    ['a topic of others', [{ topic: 'other', retentionMs: -1 }]],
  ])('is content with 8 days for %s', (_case, declared) => {
    expect(() => checkRetention(subscription, { processedRetentionMs: 8 * DAY_MS, declared })).not.toThrow();
  });

  it.each([
    ['matches', 'file.*', 'file.processed.v1'],
    ['means everything', '#', 'file.processed.v1'],
  ])('looks at declared topics that a pattern %s', (_case, pattern, topic) => {
    const patterned = { ...subscription, topics: [pattern] };
    const settings = { processedRetentionMs: 8 * DAY_MS, declared: [{ topic, retentionMs: -1 }] };
    expect(() => checkRetention(patterned, settings)).toThrow(refusal(/kept for|for ever/));
  });

  it.each([
    ['the retries do not fit', 7 * DAY_MS, []],
    ['the topic is kept longer', 8 * DAY_MS, [{ topic: 't', retentionMs: 8 * DAY_MS }]],
    ['the topic is kept for ever', 8 * DAY_MS, [{ topic: 't', retentionMs: -1 }]],
  ])('refuses when %s', (_case, processedRetentionMs, declared) => {
    expect(() => checkRetention(subscription, { processedRetentionMs, declared })).toThrow(
      refusal(/processedRetentionMs \(\d+\) must be at least retentionMs of t/),
    );
  });
});
