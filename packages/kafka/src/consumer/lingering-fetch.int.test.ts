import { waitFor } from '@throughline/testing';
import { createStage, newClient, testLogger } from '../../test/stage.ts';
import { createRecordProducer } from '../producer/create-record-producer.ts';
import { KafkaRecordConsumer } from './kafka-record-consumer.ts';

const LINGER_MS = 1_000;

it('gathers records for as long as they may linger, and then has all that came meanwhile', async () => {
  const stage = await createStage(1);
  const createClient = () => newClient();
  const chunks: number[] = [];
  const consumer = new KafkaRecordConsumer({
    createClient,
    admin: stage.admin,
    logger: testLogger,
    options: {
      group: stage.group,
      topics: [stage.topic],
      lingerMs: LINGER_MS,
      maxChunkRecords: () => 100,
      handle: async (records) => {
        chunks.push(records.length);
        return [];
      },
    },
  });
  const producer = createRecordProducer({ createClient, requireTopics: async () => {}, name: 'test', logger: testLogger });
  const send = (n: number) =>
    producer.send([{ topic: stage.topic, key: 'k', value: Buffer.from(String(n)), headers: {} }], { timeoutMs: 10_000 });
  try {
    await send(0);
    await consumer.start();
    await waitFor(() => chunks.length === 1, { description: 'the first record' });
    const begunAt = performance.now();
    for (let n = 1; n <= 5; n += 1) await send(n);
    const sentWithinMs = performance.now() - begunAt;
    await waitFor(() => chunks.reduce((sum, size) => sum + size, 0) === 6, { description: 'all records' });
    // The fetch that waited when they came may have ended in their midst.
    expect(chunks.length).toBeLessThanOrEqual(3 + Math.floor(sentWithinMs / LINGER_MS));
  } finally {
    await consumer.stop();
    await producer.close();
    await stage.close();
  }
});
