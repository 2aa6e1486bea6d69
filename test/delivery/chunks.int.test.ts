import { randomUUID } from 'node:crypto';
import { EventError, s3Codec } from '@throughline/events';
import { type BatchHandler, type EventHandler, replayTopic, type TopicDeclaration } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { testPrefix, waitFor } from '@throughline/testing';
import { type DeliveryStage, OWNER, openStage } from './open-stage.ts';

interface Bucket {
  readonly bucketName: string;
}

const transient = () => new EventError('HANDLER_FAILED', 'not yet', { retryable: true });
const RETRY = { inlineTries: 1, inlineDelayMs: 1, delays: ['300ms', '900ms'] };
const WAIT_MS = 60_000;
const POISON_ID = '5d1c0a52-8c1e-4a55-9d52-0e6a3a1f4c11';

describe('chunks on Kafka, Postgres and Redis', () => {
  let stage: DeliveryStage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.stopSubscriptions());
  afterAll(() => stage.close());

  const writeMany: BatchHandler<Transaction, Bucket> = async (batch, { tx }) => {
    const [{ idempotencyKey } = { idempotencyKey: '' }] = batch;
    await tx.execute('INSERT INTO effects (consumer_group, event_id, bucket) SELECT $1, * FROM unnest($2::text[], $3::text[])', [
      idempotencyKey.split(':')[0],
      batch.map(({ event }) => event.id),
      batch.map(({ event }) => event.data.bucketName),
    ]);
  };
  const writeOne: EventHandler<Transaction, Bucket> = async (event, { tx, idempotencyKey }) => {
    const [group] = idempotencyKey.split(':');
    await tx.execute('INSERT INTO effects (consumer_group, event_id, bucket) VALUES ($1, $2, $3)', [
      group,
      event.id,
      event.data.bucketName,
    ]);
  };

  /** Ten thousand events of a producer that is not ours: without headers. */
  const sendMany = async (topic: string, count: number, poisonAt?: number) => {
    const records = Array.from({ length: count }, (_, n) => {
      const event = {
        id: n === poisonAt ? POISON_ID : randomUUID(),
        source: 'BUCKET_SERVICE',
        type: 'BUCKET_DELETED',
        time: '2026-01-06T10:14:52.643695Z',
        ownerId: OWNER,
        data: { payloadType: 'BUCKET_DELETED', bucketName: n === poisonAt ? 'poison' : `bucket-${n}` },
      };
      return { topic, key: `key-${n % 500}`, value: s3Codec.encode(event), headers: {} };
    });
    for (let n = 0; n < count; n += 1000) await stage.send(records.slice(n, n + 1000));
  };

  it('takes one poison event among 10,000 to the dead letters, alone; the others have their effect once', async () => {
    const topic = await stage.createTopic();
    await sendMany(topic, 10_000, 4_321);
    const refusePoison: BatchHandler<Transaction, Bucket> = async (batch, context) => {
      await writeMany(batch, context);
      if (batch.some(({ event }) => event.data.bucketName === 'poison')) throw new TypeError('poison');
    };
    const { group, state } = await stage.start({ topics: [topic], batchHandlers: { BUCKET_DELETED: refusePoison } });
    await waitFor(() => state().lag === 0n, { description: 'all events', timeoutMs: WAIT_MS });
    expect(await stage.deadLettersOf(group)).toMatchObject([{ event_id: POISON_ID, reason: 'handler' }]);
    const effects = await stage.effectsOf(group);
    expect([effects.length, new Set(effects.map(({ event_id }) => event_id)).size]).toEqual([9_999, 9_999]);
    const told = stage.told.filter((outcome) => outcome.group === group);
    expect(told.filter(({ outcome }) => outcome === 'handled')).toHaveLength(9_999);
    expect(told.filter(({ outcome }) => outcome === 'dead-lettered')).toHaveLength(1);
  }, 120_000);

  it('puts nothing into retry topics and dead letters while the database refuses, and drains after', async () => {
    const topic = await stage.createTopic();
    let isRefusing = true;
    let refused = 0;
    const whileRefusing: EventHandler<Transaction, Bucket> = async (event, context) => {
      if (isRefusing) {
        refused += 1;
        await context.tx.execute('SELECT pg_terminate_backend(pg_backend_pid())');
      }
      await writeOne(event, context);
    };
    const retry = { inlineTries: 1, inlineDelayMs: 1, delays: ['300ms'] };
    const { group, state } = await stage.start({ topics: [topic], handlers: { BUCKET_DELETED: whileRefusing }, retry });
    await sendMany(topic, 600);
    await waitFor(() => refused >= 8, { description: 'probes', timeoutMs: WAIT_MS });
    isRefusing = false;
    await waitFor(() => state().lag === 0n, { description: 'the drain', timeoutMs: WAIT_MS });
    expect(await stage.deadLettersOf(group)).toEqual([]);
    expect(stage.told.filter((told) => told.group === group && told.outcome !== 'handled')).toEqual([]);
    expect(await stage.effectsOf(group)).toHaveLength(600);
  }, 120_000);

  it('keeps the order of each key over failures, restarts and a second member', async () => {
    const topic = await stage.createTopic();
    const group = testPrefix('storage.ordered');
    const failures = new Map<string, number>();
    const failSome: EventHandler<Transaction, Bucket> = async (event, context) => {
      const { bucketName } = event.data;
      const tries = (failures.get(bucketName) ?? 0) + 1;
      failures.set(bucketName, tries);
      if (bucketName.endsWith('-3') && tries < 3) throw transient();
      await writeOne(event, context);
    };
    const declared = { group, topics: [topic], handlers: { BUCKET_DELETED: failSome }, order: 'key', retry: RETRY } as const;
    const first = await stage.start(declared);
    const keys = Array.from({ length: 20 }, (_, n) => `key${n}`);
    const publishRound = (from: number, to: number) =>
      stage.publish(
        topic,
        Array.from({ length: to - from }, (_, n) => from + n).flatMap((n) => keys.map((key) => `${key}-${n}`)),
      );
    await publishRound(0, 8);
    await stage.start(declared);
    await publishRound(8, 16);
    await waitFor(async () => (await stage.effectsOf(group)).length >= 100, { description: 'a part', timeoutMs: WAIT_MS });
    await first.stop();
    await waitFor(async () => (await stage.effectsOf(group)).length >= 320, { description: 'all effects', timeoutMs: WAIT_MS });
    const effects = await stage.effectsOf(group);
    for (const key of keys) {
      const ofKey = effects
        .filter(({ bucket }) => bucket.startsWith(`${key}-`))
        .map(({ bucket }) => Number(bucket.split('-')[1]));
      expect(ofKey).toEqual(Array.from({ length: 16 }, (_, n) => n));
    }
    expect(await stage.deadLettersOf(group)).toEqual([]);
  }, 120_000);

  it('sends a replay to the group that asked for it alone', async () => {
    const topic = await stage.createTopic();
    let isBroken = true;
    const calls: string[] = [];
    const handlerOf =
      (name: string): EventHandler<Transaction, Bucket> =>
      async (event, context) => {
        calls.push(name);
        if (name === 'a' && isBroken) throw new TypeError('broken');
        await writeOne(event, context);
      };
    const a = await stage.start({ topics: [topic], handlers: { BUCKET_DELETED: handlerOf('a') } });
    const b = await stage.start({ topics: [topic], handlers: { BUCKET_DELETED: handlerOf('b') } });
    const [event] = await stage.publish(topic, ['one']);
    await waitFor(async () => (await stage.deadLettersOf(a.group)).length === 1, { description: 'the dead letter' });
    await waitFor(async () => (await stage.effectsOf(b.group)).length === 1, { description: 'the other group' });
    const [letter] = await stage.database.query<{ value: Buffer; dlq_id: string }>(
      'SELECT value, dlq_id FROM dead_letters WHERE event_id = $1',
      [event?.id],
    );
    isBroken = false;
    await stage.send([
      { topic: replayTopic(a.group), key: 'one', value: letter?.value ?? null, headers: { 'dlq-id': letter?.dlq_id ?? '' } },
    ]);
    await waitFor(async () => (await stage.effectsOf(a.group)).length === 1, { description: 'the replay' });
    expect(calls.sort()).toEqual(['a', 'a', 'b']);
    expect(await stage.effectsOf(b.group)).toHaveLength(1);
  }, 60_000);

  it('reads topics that appear while it runs', async () => {
    const prefix = testPrefix('storage.wild');
    const { group, sourceTopics } = await stage.start({ topics: [`${prefix}.*`], handlers: { BUCKET_DELETED: writeOne } });
    const late: TopicDeclaration = { topic: `${prefix}.late.v1`, partitions: 2 };
    await stage.driver.ensureTopics([late], { create: true });
    await stage.publish(late.topic, ['first', 'second', 'third']);
    await waitFor(async () => (await stage.effectsOf(group)).length === 3, { description: 'the new topic', timeoutMs: WAIT_MS });
    expect(sourceTopics()).toEqual([late.topic]);
  }, 90_000);
});
