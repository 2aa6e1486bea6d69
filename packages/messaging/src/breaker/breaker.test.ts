import { EventError } from '@throughline/events';
import { newMetrics, recordOf, silentLogger, thing } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { openPipeline } from '../../test/open-pipeline.ts';
import type { IncomingRecord } from '../record.ts';
import { createBreaker } from './breaker.ts';

const POLICY = { minFailedKeys: 5, minFailureRate: 0.5, windowMs: 10_000 };

function setUp() {
  const clock = createManualClock();
  const metrics = newMetrics();
  const breaker = createBreaker({ group: 'test.things', policy: POLICY, clock, logger: silentLogger, metrics });
  const failKeys = (count: number, dependency = 'handler', from = 0) => {
    for (let n = from; n < from + count; n += 1) breaker.failed(dependency, `key-${n}`);
  };
  return { clock, metrics, breaker, failKeys };
}

describe('the breaker', () => {
  it('opens when many different keys failed, and most tries did', () => {
    const { breaker, failKeys } = setUp();
    failKeys(4);
    expect(breaker.isOpen('handler')).toBe(false);
    expect(breaker.failed('handler', 'key-4')).toBe(true);
    expect(breaker.isAnyOpen).toBe(true);
  });

  it.each<[string, (set: ReturnType<typeof setUp>) => void]>([
    ['one key fails again and again', ({ breaker }) => Array.from({ length: 100 }, () => breaker.failed('handler', 'poison'))],
    [
      'poison stands among good ones',
      ({ breaker, failKeys }) => {
        breaker.succeeded(100);
        failKeys(20);
      },
    ],
    [
      'failures are far from each other',
      async ({ clock, failKeys }) => {
        failKeys(4);
        await clock.advance(10_001);
        failKeys(4, 'handler', 4);
      },
    ],
    [
      'each dependency has a few',
      ({ failKeys }) => {
        failKeys(4, 'mail');
        failKeys(4, 'search', 4);
      },
    ],
  ])('stays closed when %s', async (_, happen) => {
    const set = setUp();
    await happen(set);
    expect(set.breaker.isAnyOpen).toBe(false);
  });

  it('opens soon when nothing goes well any more, however much did before', async () => {
    const { breaker, clock, failKeys } = setUp();
    breaker.succeeded(10_000);
    failKeys(4);
    await clock.advance(499);
    failKeys(1, 'handler', 4);
    expect(breaker.isOpen('handler')).toBe(false);
    await clock.advance(1);
    expect(breaker.failed('handler', 'key-0')).toBe(true);
  });

  it('stays closed when something goes well between the failures', async () => {
    const { breaker, clock, failKeys } = setUp();
    breaker.succeeded(10_000);
    failKeys(4);
    await clock.advance(600);
    breaker.succeeded(1);
    failKeys(4, 'handler', 4);
    await clock.advance(600);
    expect(breaker.failed('handler', 'key-7')).toBe(false);
  });

  it('is open for the dependency that is away, not for others', () => {
    const { breaker, failKeys } = setUp();
    failKeys(5, 'mail');
    expect([breaker.isOpen('mail'), breaker.isOpen('handler')]).toEqual([true, false]);
  });

  it('closes after enough successes with no failure among them, and begins anew', () => {
    const { breaker, failKeys } = setUp();
    failKeys(5);
    breaker.succeeded(4);
    breaker.failed('handler', 'key-9');
    breaker.succeeded(4);
    expect(breaker.isOpen('handler')).toBe(true);
    breaker.succeeded(1);
    expect(breaker.isOpen('handler')).toBe(false);
    failKeys(4);
    expect(breaker.isOpen('handler')).toBe(false);
  });

  it('shows in a metric', async () => {
    const { breaker, metrics, failKeys } = setUp();
    failKeys(5, 'mail');
    expect(await metrics.registry.metrics()).toMatch(/consumer_breaker_open\{.*dependency="mail".*\} 1\n/);
    breaker.succeeded(5);
    expect(await metrics.registry.metrics()).toMatch(/consumer_breaker_open\{.*dependency="mail".*\} 0\n/);
  });
});

describe('a group whose handlers’ dependency is away', () => {
  const chunkOf = (from: number, count: number): IncomingRecord[] =>
    Array.from({ length: count }, (_, index) => {
      const id = `e${from + index}`;
      return recordOf(thing({ id }), { key: Buffer.from(id), offset: BigInt(from + index) });
    });

  it.each([
    ['without a name', () => Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    ['by an error that names it', () => Object.assign(new Error('503'), { retryable: true, dependency: 'mail' })],
    ['at once, by DEPENDENCY_UNAVAILABLE', () => new EventError('DEPENDENCY_UNAVAILABLE', 'mail', { retryable: true })],
  ])('puts nothing into retry topics and dead letters, probes, and goes on: %s', async (_, error) => {
    let isAway = true;
    const attempts: number[] = [];
    const { handle, inbox, driver, pipeline, told } = await openPipeline({
      handlers: {
        THING_HAPPENED: async (_event, { attempt }) => {
          if (isAway) throw error();
          attempts.push(attempt);
        },
      },
      retry: { inlineTries: 2, inlineDelayMs: 1, delays: ['5s'] },
      breaker: POLICY,
    });
    const unfinished = await handle(chunkOf(0, 30));
    expect(unfinished).toHaveLength(30);
    expect(unfinished.every(({ retryAfterMs }) => retryAfterMs === undefined)).toBe(true);
    expect([driver.records('test.things.retry.5s'), inbox.deadLetters, told]).toEqual([[], [], []]);
    for (let probe = 0; probe < 20; probe += 1) expect(await handle(chunkOf(0, 1))).toHaveLength(1);
    isAway = false;
    expect(await handle(chunkOf(0, 30))).toEqual([]);
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(pipeline.maxChunkRecords()).toBeGreaterThan(1);
  });

  it('probes with single records while the breaker is open', async () => {
    const { handle, pipeline } = await openPipeline({
      handlers: { THING_HAPPENED: async () => Promise.reject(new Error('away')) },
      retry: { inlineTries: 1, delays: ['5s'] },
      breaker: POLICY,
    });
    await handle(chunkOf(0, 30));
    expect(pipeline.maxChunkRecords()).toBe(1);
  });

  it('does not wait because of poison: broken contracts are dead letters, however many', async () => {
    const { handle, inbox, pipeline } = await openPipeline({ handlers: { THING_HAPPENED: async () => {} }, breaker: POLICY });
    const poison = Array.from({ length: 20 }, (_, n) =>
      recordOf(thing({ id: `p${n}`, data: {} }), { key: Buffer.from(`p${n}`), offset: BigInt(n) }),
    );
    expect(await handle(poison)).toEqual([]);
    expect(inbox.deadLetters).toHaveLength(20);
    expect(pipeline.maxChunkRecords()).toBeGreaterThan(1);
  });
});
