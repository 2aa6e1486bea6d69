import { METRICS } from '@throughline/telemetry';
import { newMetrics, silentLogger } from '../../test/fixtures.ts';
import { createInMemoryDriver } from '../in-memory/in-memory-driver.ts';
import { createOutcomeSink } from './create-outcome-sink.ts';
import type { EventOutcome, OutcomeBatch } from './outcome.ts';
import { OUTCOMES_TOPIC_DECLARATION, readOutcomeRecord, toOutcomeRecord } from './outcome-record.ts';

const handled = (n: number, changes: Partial<EventOutcome> = {}): EventOutcome => ({
  eventId: `e-${n}`,
  source: 'THING_SERVICE',
  outcome: 'handled',
  attempt: 1,
  ...changes,
});

const batchOf = (events: readonly EventOutcome[]): OutcomeBatch => ({
  group: 'things.reader',
  topic: 'things.v1',
  partition: 3,
  atMs: 1_800_000_000_000,
  durationMs: 12.345,
  events,
});

describe('the record', () => {
  it('gives a batch back as it was told, in order', () => {
    const events = [handled(1), handled(2), handled(3, { outcome: 'retried', attempt: 2, detail: '5s: no' }), handled(4)];
    const record = toOutcomeRecord({ ...batchOf(events), service: 'things' });
    expect(readOutcomeRecord(record.value)).toEqual({ ...batchOf(events), service: 'things' });
    expect(record).toMatchObject({ topic: 'throughline.outcomes', key: 'things.reader' });
  });

  it('says once what is the same of events that follow each other', () => {
    const ids = Array.from({ length: 500 }, (_, n) => handled(n, { eventId: crypto.randomUUID() }));
    const { value } = toOutcomeRecord({ ...batchOf(ids), service: 'things' });
    expect(value?.length).toBeLessThan(500 * 39 + 250);
  });

  it.each([
    ['nothing', null],
    ['no JSON', Buffer.from('{')],
    ['another version', Buffer.from('{"v":2}')],
    [
      'a broken run',
      Buffer.from('{"v":1,"service":"s","group":"g","topic":"t","partition":0,"at":1,"ms":1,"runs":[["s","handled"]]}'),
    ],
  ])('refuses %s', (_, value) => {
    expect(() => readOutcomeRecord(value)).toThrow(expect.objectContaining({ code: 'DECODING_FAILED', retryable: false }));
  });
});

describe('createOutcomeSink', () => {
  const createStage = async (maxQueuedRecords = 100) => {
    const driver = createInMemoryDriver();
    await driver.ensureTopics([OUTCOMES_TOPIC_DECLARATION], { create: true });
    const metrics = newMetrics();
    const sink = createOutcomeSink({ driver, metrics, logger: silentLogger, service: 'things', maxQueuedRecords });
    const told = () => driver.records('throughline.outcomes').map(({ value }) => readOutcomeRecord(value));
    const dropped = async () => (await metrics.counter(METRICS.publishedDroppedTotal).get()).values;
    return { driver, sink, told, dropped };
  };

  it('tells a batch in records of at most 500 events', async () => {
    const { driver, sink, told } = await createStage();
    const events = Array.from({ length: 1_100 }, (_, n) => handled(n));
    sink.tell(batchOf(events));
    await sink.close(1_000);
    expect(told().map((each) => each.events.length)).toEqual([500, 500, 100]);
    expect(told().flatMap((each) => each.events)).toEqual(events);
    await driver.close();
  });

  it('drops and counts what cannot be told, and never throws', async () => {
    const { driver, sink, told, dropped } = await createStage(2);
    for (let n = 0; n < 3; n += 1) sink.tell(batchOf([handled(n)]));
    driver.isAvailable = false;
    await sink.close(1_000);
    sink.tell(batchOf([handled(4)]));
    expect(told()).toEqual([]);
    expect(await dropped()).toEqual([
      { labels: { messaging_destination_name: 'throughline.outcomes', reason: 'QUEUE_FULL' }, value: 1 },
      { labels: { messaging_destination_name: 'throughline.outcomes', reason: 'SEND_FAILED' }, value: 2 },
      { labels: { messaging_destination_name: 'throughline.outcomes', reason: 'SHUTTING_DOWN' }, value: 1 },
    ]);
    await driver.close();
  });
});
