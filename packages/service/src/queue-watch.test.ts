import type { QueueCounts } from '@throughline/messaging';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { startQueueWatch } from './queue-watch.ts';
import type { Release } from './releasers.ts';

const COUNTS: QueueCounts = { visible: 5, inFlight: 2, delayed: 3, oldestAgeSeconds: 1.5, deadLetters: 1, members: 1 };

let stop: () => void = () => undefined;
afterEach(() => stop());

/** Watches until the test's end. */
function watch(read: () => Promise<QueueCounts>) {
  const metrics = createMetrics({ service: 'test' });
  const runtime = {
    metrics,
    logger: createLogger({ name: 'test', level: 'fatal' }),
    onStop: (_name: string, release: Release) => {
      stop = () => void release();
    },
  };
  startQueueWatch({ runtime, view: { group: 'shop.worker', topics: ['shop.orders'], read }, intervalMs: 5 });
  const series = async () => {
    const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('queue_'));
    return lines.map((line) => line.replace(',service_name="test"', '')).sort();
  };
  return series;
}

it('shows a queue, and again', async () => {
  let visible = 4;
  const series = watch(async () => {
    visible += 1;
    return { ...COUNTS, visible };
  });
  await waitFor(() => visible > 6, { description: 'another reading' });
  stop();
  const stoppedAt = visible;
  expect(await series()).toEqual([
    'queue_dead_letters{queue="shop.worker"} 1',
    'queue_messages{queue="shop.worker",state="delayed"} 3',
    'queue_messages{queue="shop.worker",state="in_flight"} 2',
    expect.stringMatching(/^queue_messages\{queue="shop.worker",state="visible"\} \d+$/),
    'queue_oldest_message_age_seconds{queue="shop.worker"} 1.5',
  ]);
  let others = 0;
  watch(async () => {
    others += 1;
    return COUNTS;
  });
  await waitFor(() => others > 5, { description: 'a watch that goes on' });
  expect(visible).toBe(stoppedAt);
});

it('has no series of what is not known, of nothing while the broker is away, and all again when it is back', async () => {
  let answer: QueueCounts | undefined = COUNTS;
  const series = watch(async () => {
    if (answer === undefined) throw new Error('no broker');
    return answer;
  });
  const has = (count: number) => waitFor(async () => (await series()).length === count, { description: `${count} series` });
  await has(5);
  answer = { ...COUNTS, inFlight: null, deadLetters: null };
  await has(3);
  answer = undefined;
  await has(0);
  answer = COUNTS;
  await has(5);
});
