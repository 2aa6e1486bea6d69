import { newMetrics } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import type { ConsumerState } from '../messaging-driver.ts';
import { watchConsumer } from './watch-consumer.ts';

const GROUP = 'test.things';

const stuck: ConsumerState = {
  isJoined: true,
  inFlight: 0,
  pausedPartitions: 0,
  haltedPartitions: 0,
  queued: 0,
  finishedAhead: 0,
  lastProgressAtMs: 1_000_000,
  lag: 5n,
  dueLag: 5n,
};

describe('a consumer’s gauges', () => {
  it('show by topic how many records it is behind, and the age of the oldest', async () => {
    const metrics = newMetrics();
    const topics = new Map([['things.v1', { lag: 5n, oldestTimestampMs: 998_500 }]]);
    const state = { ...stuck, haltedPartitions: 1, topics };
    const watch = watchConsumer({
      consumer: { state: () => state },
      group: GROUP,
      metrics,
      clock: createManualClock(1_000_000),
      progressTimeoutMs: 60_000,
    });
    watch.stop();
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/consumer_lag_records\{.*messaging_destination_name="things.v1".*\} 5\n/);
    expect(text).toMatch(/consumer_lag_seconds\{.*messaging_destination_name="things.v1".*\} 1.5\n/);
    expect(text).toMatch(/consumer_halted_partitions\{.*\} 1\n/);
  });
});

describe('the gauges of a topic that left this member', () => {
  it('go with it', async () => {
    const metrics = newMetrics();
    const progress = { lag: 5n, oldestTimestampMs: undefined };
    let topics = new Map([
      ['things.v1', progress],
      ['others.v1', progress],
    ]);
    const consumer = { state: () => ({ ...stuck, topics }) };
    const clock = createManualClock(1_000_000);
    const watch = watchConsumer({ consumer, group: GROUP, metrics, clock, progressTimeoutMs: 60_000 });
    topics = new Map([['things.v1', progress]]);
    await clock.advance(1000);
    watch.stop();
    const text = await metrics.registry.metrics();
    expect(text).toContain('things.v1');
    expect(text).not.toContain('others.v1');
  });
});

describe('liveness', () => {
  it.each<[string, Partial<ConsumerState>, number, boolean]>([
    ['stands still with lag for long', {}, 60_000, false],
    ['stood still for a short time', {}, 59_999, true],
    ['has no lag', { lag: 0n, dueLag: 0n }, 60_000, true],
    ['does not know its lag', { lag: undefined, dueLag: undefined }, 60_000, true],
    ['has work in flight', { inFlight: 1 }, 60_000, true],
    ['only waits for a retry that is not due', { pausedPartitions: 1, dueLag: 0n }, 60_000, true],
    ['stands still while a retry waits', { pausedPartitions: 1, dueLag: 1n }, 60_000, false],
    ['is halted for a person', { haltedPartitions: 1, dueLag: 0n }, 60_000, true],
    ['stands still beside a halted partition', { haltedPartitions: 1, dueLag: 1n }, 60_000, false],
    ['is without its group', { isJoined: false }, 60_000, true],
  ])('a consumer that %s', async (_, change, afterMs, expected) => {
    const clock = createManualClock(1_000_000);
    const consumer = { state: () => ({ ...stuck, ...change }) };
    const watch = watchConsumer({ consumer, group: GROUP, metrics: newMetrics(), clock, progressTimeoutMs: 60_000 });
    await clock.advance(afterMs);
    expect(watch.isLive()).toBe(expected);
    watch.stop();
  });
});
