import type { RecordProducer } from '@throughline/messaging';
import { eachRecord, waitFor } from '@throughline/testing';
import { createFaultySockets } from '../../test/faulty-sockets.ts';
import { createStage, newClient, type Stage, testLogger } from '../../test/stage.ts';
import { KafkaRecordConsumer } from '../consumer/kafka-record-consumer.ts';
import { createRecordProducer } from './create-record-producer.ts';

describe('createRecordProducer', () => {
  let stage: Stage;
  let producer: RecordProducer;
  const sockets = createFaultySockets();

  beforeEach(async () => {
    stage = await createStage(3);
    producer = createRecordProducer({
      createClient: () => newClient(sockets.socketFactory),
      requireTopics: (topics) => stage.admin.requireTopics(topics),
      name: 'test',
      logger: testLogger,
    });
  });

  afterEach(async () => {
    sockets.isLosingAnswers = false;
    await producer.close();
    await stage.close();
  });

  const records = (values: readonly string[], key: string | null = 'k') =>
    values.map((value) => ({ topic: stage.topic, key, value: Buffer.from(value), headers: {} }));

  const readAll = async (): Promise<string[]> => {
    const seen: string[] = [];
    const consumer = new KafkaRecordConsumer({
      createClient: () => newClient(),
      admin: stage.admin,
      logger: testLogger,
      options: {
        group: stage.group,
        topics: [stage.topic],
        handle: eachRecord(({ value }) => seen.push(value?.toString() ?? '')),
      },
    });
    await consumer.start();
    await waitFor(() => consumer.state().lag === 0n, { description: 'the end of the topic' });
    await consumer.stop();
    return seen;
  };

  it.each([
    ['with keys', 'k'],
    ['without keys', null],
  ])('acknowledges nothing that is not in the topic while answers are lost: %s', async (_, key) => {
    const acknowledged: string[] = [];
    let failures = 0;
    for (let n = 0; n < 120; n += 1) {
      sockets.isLosingAnswers = n % 8 === 3;
      const repair = setTimeout(() => Object.assign(sockets, { isLosingAnswers: false }), 30);
      try {
        await producer.send(records([String(n)], key), { timeoutMs: n % 16 === 3 ? 15 : 5000 });
        acknowledged.push(String(n));
      } catch (error) {
        expect(error).toMatchObject({ code: 'SEND_FAILED', retryable: true });
        failures += 1;
      } finally {
        if (n % 8 !== 3) clearTimeout(repair);
      }
    }
    sockets.isLosingAnswers = false;
    const inTopic = new Set(await readAll());
    expect(acknowledged.filter((value) => !inTopic.has(value))).toEqual([]);
    expect(failures).toBeGreaterThan(0);
    expect(acknowledged.length).toBeGreaterThan(80);
  });

  it('refuses a record that is too large, by itself, and sends the next', async () => {
    const large = producer.send([{ topic: stage.topic, key: 'k', value: Buffer.alloc(2_000_000), headers: {} }], {
      timeoutMs: 10_000,
    });
    const next = producer.send(records(['next']), { timeoutMs: 10_000 });
    await expect(large).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE', retryable: false });
    expect(await next).toHaveLength(1);
  });

  it('counts what was sent beside a refused record only once it is acknowledged', async () => {
    const tooLarge = { topic: stage.topic, key: 'other', value: Buffer.alloc(2_000_000), headers: {} };
    await producer.send(records(['0']), { timeoutMs: 10_000 });
    await expect(producer.send([...records(['1']), tooLarge], { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    });
    await producer.send(records(['2']), { timeoutMs: 10_000 });
    await producer.send(records(['3']), { timeoutMs: 10_000 });
    expect(await readAll()).toEqual(expect.arrayContaining(['0', '2', '3']));
  });

  it('gives up at its deadline, also while it waits for its turn', async () => {
    await producer.send(records(['0']), { timeoutMs: 10_000 });
    sockets.isLosingAnswers = true;
    const begun = Date.now();
    const sends = [producer.send(records(['1']), { timeoutMs: 300 }), producer.send(records(['2']), { timeoutMs: 300 })];
    for (const send of sends) await expect(send).rejects.toMatchObject({ code: 'SEND_FAILED', retryable: true });
    expect(Date.now() - begun).toBeLessThan(2000);
  });

  it('takes nothing more once it is closed', async () => {
    await producer.close();
    await expect(producer.send(records(['0']), { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
