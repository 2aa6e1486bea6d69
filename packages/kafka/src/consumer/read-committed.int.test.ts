import { waitFor } from '@throughline/testing';
import { CompressionTypes } from 'kafkajs';
import { createJournal, numberOf } from '../../test/journal.ts';
import { createStage, newClient, testLogger } from '../../test/stage.ts';
import { KafkaRecordConsumer } from './kafka-record-consumer.ts';

it('reads what other producers have committed, also compressed, and gets over what they have aborted', async () => {
  const stage = await createStage(1);
  const client = newClient();
  const plain = client.kafka.producer();
  const transactional = ['one', 'two', 'three'].map((name) =>
    client.kafka.producer({ transactionalId: `${stage.topic}-${name}`, idempotent: true, maxInFlightRequests: 1 }),
  );
  await Promise.all([plain, ...transactional].map((producer) => producer.connect()));
  const message = (value: number) => ({ topic: stage.topic, messages: [{ key: 'k', value: String(value) }] });
  const transactions = [];
  for (const producer of transactional) transactions.push(await producer.transaction());
  for (const [value, transaction] of transactions.entries()) await transaction.send(message(value));
  await plain.send({ ...message(3), compression: CompressionTypes.GZIP });
  await transactions[0]?.abort();
  await transactions[2]?.commit();
  await transactions[1]?.abort();
  const [first] = transactional;
  const last = await first?.transaction();
  await last?.send(message(4));
  await last?.commit();
  const journal = createJournal();
  const consumer = new KafkaRecordConsumer({
    createClient: () => newClient(),
    admin: stage.admin,
    logger: testLogger,
    options: { group: stage.group, topics: [stage.topic], handle: journal.handle },
  });
  await consumer.start();
  await waitFor(() => consumer.state().lag === 0n && journal.seen.length > 0, { description: 'the end of the log' });
  await plain.send(message(5));
  await waitFor(() => journal.seen.map(numberOf).includes(5), { description: 'what was sent later' });
  expect(journal.seen.map(numberOf)).toEqual([2, 3, 4, 5]);
  await consumer.stop();
  const [committed] = await stage.admin.ranges(stage.group, [stage.topic]);
  expect(committed?.committed).toBe(committed?.high);
  await Promise.all([plain, ...transactional].map((producer) => producer.disconnect()));
  client.end();
  await stage.close();
});
