import { EventError, readHeaders } from '@throughline/events';
import { METRICS } from '@throughline/telemetry';
import { bytes, jsonCodec, newMetrics, silentLogger, thingContracts } from '../../test/fixtures.ts';
import { createInMemoryDriver } from '../in-memory/in-memory-driver.ts';
import type { RecordProducer } from '../messaging-driver.ts';
import type { OutgoingRecord } from '../record.ts';
import { createDirectPublisher, type DirectPublisherOptions } from './create-direct-publisher.ts';

/** A producer whose sends end when and how a test says; every batch is written down. */
function createStage(options: Partial<DirectPublisherOptions> = {}) {
  const batches: { producer: string; names: string[] }[] = [];
  const waiting: (() => void)[] = [];
  const stage = {
    batches,
    /** Throwing fails the send. */
    fault: (_records: readonly OutgoingRecord[]): void => undefined,
    isHolding: false,
    /** Lets the sends under way end. */
    release: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
  const createProducer = async ({ name }: { name: string }): Promise<RecordProducer> => ({
    send: async (records) => {
      batches.push({ producer: name, names: records.map(nameOf) });
      if (stage.isHolding) await new Promise<void>((resolve) => waiting.push(resolve));
      stage.fault(records);
      return [];
    },
    close: async () => undefined,
  });
  const metrics = newMetrics();
  const publisher = createDirectPublisher({ ...settings, driver: { createProducer }, metrics, producers: 1, ...options });
  const publish = (name: string, key = 'k') => publisher.publish({ type: 'THING_HAPPENED', key, data: { name } });
  const offer = (name: string, type = 'THING_HAPPENED') => publisher.offer({ type, key: 'k', data: { name } });
  const dropped = async () =>
    Object.fromEntries(
      (await metrics.counter(METRICS.publishedDroppedTotal).get()).values.map(({ labels, value }) => [labels.reason, value]),
    );
  return Object.assign(stage, { publisher, publish, offer, dropped });
}

const settings = {
  name: 'test',
  source: 'THING_SERVICE',
  codec: jsonCodec,
  contracts: thingContracts,
  destination: () => ({ topic: 'things.v1' }),
  logger: silentLogger,
};

function nameOf({ value }: OutgoingRecord): string {
  return (jsonCodec.decode(value ?? Buffer.alloc(0)).data as { name: string }).name;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function refuse(...names: string[]) {
  return (records: readonly OutgoingRecord[]) => {
    if (records.some((record) => names.includes(nameOf(record)))) throw new EventError('RECORD_REJECTED', 'no');
  };
}

describe('publish', () => {
  it('sends the event that the outbox would have sent, and resolves with it', async () => {
    const driver = createInMemoryDriver();
    await driver.ensureTopics([{ topic: 'things.v1' }], { create: true });
    const publisher = createDirectPublisher({ ...settings, driver, metrics: newMetrics() });
    const event = await publisher.publish({ id: 'e-1', type: 'THING_HAPPENED', key: 'k-1', subject: 's', data: { name: 'a' } });
    const [record] = driver.records('things.v1');
    expect(event).toMatchObject({ id: 'e-1', source: 'THING_SERVICE', partitionKey: 'k-1', correlationId: 'e-1', subject: 's' });
    expect(jsonCodec.decode(record?.value ?? Buffer.alloc(0))).toMatchObject({ id: 'e-1', data: { name: 'a' } });
    expect(readHeaders(bytes(record?.headers ?? {}))).toMatchObject({ id: 'e-1', dataSchema: 'THING_HAPPENED.v1' });
    expect(String(record?.key)).toBe('k-1');
    await publisher.close(1000);
    await driver.close();
  });

  it('puts what comes in one turn, and what comes during a send, into one send each, in order', async () => {
    const stage = createStage();
    stage.isHolding = true;
    const first = ['a', 'b', 'c'].map((name) => stage.publish(name));
    await nextTurn();
    const second = ['d', 'e'].map((name) => stage.publish(name));
    stage.release();
    await Promise.all(first);
    await nextTurn();
    stage.release();
    await Promise.all(second);
    expect(stage.batches.map(({ names }) => names)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('bounds a send by records and by bytes, and sends one that is larger by itself', async () => {
    const byRecords = createStage({ maxBatchRecords: 2 });
    await Promise.all(['a', 'b', 'c'].map((name) => byRecords.publish(name)));
    expect(byRecords.batches.map(({ names }) => names)).toEqual([['a', 'b'], ['c']]);
    const byBytes = createStage({ maxBatchBytes: 1 });
    await Promise.all(['a', 'b'].map((name) => byBytes.publish(name)));
    expect(byBytes.batches.map(({ names }) => names)).toEqual([['a'], ['b']]);
  });

  it('sends a key through one producer always, and keys through all of them', async () => {
    const stage = createStage({ producers: 2 });
    const keys = Array.from({ length: 40 }, (_, n) => `key-${n % 20}`);
    for (const key of keys) await stage.publish(key, key);
    const producers = Map.groupBy(stage.batches, ({ names }) => names[0]);
    for (const batches of producers.values()) expect(new Set(batches.map(({ producer }) => producer)).size).toBe(1);
    expect(new Set(stage.batches.map(({ producer }) => producer))).toEqual(new Set(['test.0', 'test.1']));
  });

  it.each([
    ['CONTRACT_VIOLATED', 'THING_HAPPENED', { name: 'a', colour: 'blue' }],
    ['CONTRACT_UNKNOWN', 'OTHER', { name: 'a' }],
    ['RECORD_TOO_LARGE', 'THING_HAPPENED', { name: 'a'.repeat(2_000) }],
  ])('refuses with %s and sends nothing', async (code, type, data) => {
    const stage = createStage({ maxRecordBytes: 1_500 });
    await expect(stage.publisher.publish({ type, key: 'k', data })).rejects.toMatchObject({ code, retryable: false });
    await stage.publisher.close(100);
    expect(stage.batches).toEqual([]);
  });

  it('lets only the record fail that the broker refuses, and keeps the others in order', async () => {
    const stage = createStage();
    stage.fault = refuse('c');
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((name) => stage.publish(name)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'RECORD_REJECTED', retryable: false } });
    expect(stage.batches.flatMap(({ names }) => (names.includes('c') ? [] : names))).toEqual(['a', 'b', 'd', 'e']);
  });

  it('lets only those fail whose topic is missing', async () => {
    const stage = createStage({
      destination: (type) => ({ topic: type === 'THING_HAPPENED' ? 'things.v1' : 'missing.v1' }),
      contracts: anyContract,
    });
    stage.fault = (records) => {
      if (records.some(({ topic }) => topic === 'missing.v1'))
        throw new EventError('TOPIC_MISSING', 'no topic', { retryable: true });
    };
    const bad = stage.publisher.publish({ type: 'OTHER', key: 'k', data: { name: 'b' } });
    const good = stage.publish('a');
    await expect(bad).rejects.toMatchObject({ code: 'TOPIC_MISSING', retryable: true });
    await good;
  });

  it('says SEND_FAILED, retryable, to all of a send whose outcome is open, and sends the next', async () => {
    const stage = createStage();
    stage.fault = () => {
      throw new Error('the answer got lost');
    };
    const outcomes = await Promise.allSettled([stage.publish('a'), stage.publish('b')]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'SEND_FAILED', retryable: true } });
    expect(stage.batches).toHaveLength(1);
    stage.fault = () => undefined;
    await stage.publish('c');
  });

  it('gives up what could not be sent within its time', async () => {
    let nowMs = 0;
    const stage = createStage({ timeoutMs: 1_000, now: () => nowMs });
    stage.isHolding = true;
    const first = stage.publish('a');
    await nextTurn();
    const second = stage.publish('b');
    nowMs = 501;
    stage.isHolding = false;
    stage.release();
    await first;
    await expect(second).rejects.toMatchObject({ code: 'SEND_FAILED', retryable: true });
    expect(stage.batches).toHaveLength(1);
  });

  it.each([
    ['records', { maxQueuedRecords: 2 }],
    ['bytes', { maxQueuedBytes: 1_200 }],
  ])('says QUEUE_FULL, retryable, while too many %s wait', async (_, bounds) => {
    const stage = createStage(bounds);
    stage.isHolding = true;
    const taken = [stage.publish('a'), stage.publish('b')];
    await expect(stage.publish('c')).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true });
    stage.isHolding = false;
    await Promise.all(taken);
    await stage.publish('d');
  });

  it('tries anew to make a producer that could not be made', async () => {
    let failures = 1;
    const createProducer = async (): Promise<RecordProducer> => {
      failures -= 1;
      if (failures >= 0) throw new Error('no broker');
      return { send: async () => [], close: async () => undefined };
    };
    const stage = createStage({ driver: { createProducer } });
    await expect(stage.publish('a')).rejects.toMatchObject({ code: 'SEND_FAILED' });
    await stage.publish('b');
  });
});

describe('offer', () => {
  it('takes an event and sends it', async () => {
    const stage = createStage();
    expect(stage.offer('a')).toBe(true);
    await stage.publisher.close(1_000);
    expect(stage.batches).toMatchObject([{ names: ['a'] }]);
    expect(await stage.dropped()).toEqual({});
  });

  it('drops and counts what cannot be sent, without a throw', async () => {
    const stage = createStage({ maxQueuedRecords: 1 });
    stage.fault = refuse('a');
    expect([stage.offer('a'), stage.offer('b'), stage.offer('x', 'OTHER')]).toEqual([true, false, false]);
    await stage.publisher.close(1_000);
    expect(stage.offer('c')).toBe(false);
    expect(await stage.dropped()).toEqual({ QUEUE_FULL: 1, CONTRACT_UNKNOWN: 1, RECORD_REJECTED: 1, SHUTTING_DOWN: 1 });
  });
});

describe('close', () => {
  it('sends what waits', async () => {
    const stage = createStage({ lingerMs: 60_000 });
    const published = stage.publish('a');
    await stage.publisher.close(1_000);
    await published;
    expect(stage.batches).toHaveLength(1);
    await expect(stage.publish('b')).rejects.toMatchObject({ code: 'SHUTTING_DOWN', retryable: true });
  });

  it('gives up what still waits when the time is over', async () => {
    const stage = createStage();
    stage.isHolding = true;
    const underWay = stage.publish('a');
    await nextTurn();
    const behind = stage.publish('b');
    const closed = stage.publisher.close(1);
    await expect(behind).rejects.toMatchObject({ code: 'SHUTTING_DOWN', retryable: true });
    stage.release();
    await Promise.all([underWay, closed]);
    expect(stage.batches).toHaveLength(1);
  });
});

const anyContract = { ...thingContracts, newest: (type: string) => `${type}.v1`, validate: () => [] };
