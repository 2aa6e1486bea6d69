import type { EnvelopeCodec } from '@throughline/events';
import { createDirectPublisher, type DirectPublisher } from '@throughline/messaging';
import { createMetrics, METRICS } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { createFaultySockets } from '../../test/faulty-sockets.ts';
import { createStage, newClient, type Stage, testLogger } from '../../test/stage.ts';
import { KafkaRecordConsumer } from '../consumer/kafka-record-consumer.ts';
import { createRecordProducer } from './create-record-producer.ts';

const codec: EnvelopeCodec = {
  name: 'json',
  contentType: 'application/json',
  encode: ({ data }) => Buffer.from(JSON.stringify(data)),
  decode: () => {
    throw new Error('not read here');
  },
  toEnvelope: ({ data }) => data,
};
const contracts = { names: ['COUNTED.v1'], newest: () => 'COUNTED.v1', validate: () => [] };

let stage: Stage;
let publisher: DirectPublisher;
const sockets = createFaultySockets();
const metrics = createMetrics({ service: 'test' });

beforeEach(async () => {
  stage = await createStage(3);
  const createProducer = async ({ name }: { name: string }) =>
    createRecordProducer({
      createClient: () => newClient(sockets.socketFactory),
      requireTopics: (topics) => stage.admin.requireTopics(topics),
      name,
      logger: testLogger,
    });
  publisher = createDirectPublisher({
    driver: { createProducer },
    name: 'test',
    source: 'TEST',
    codec,
    contracts,
    destination: () => ({ topic: stage.topic }),
    metrics,
    logger: testLogger,
    timeoutMs: 4_000,
    maxRecordBytes: 3_000_000,
  });
});

afterEach(async () => {
  sockets.isLosingAnswers = false;
  await publisher.close(5_000);
  await stage.close();
});

const publish = (n: number, more = '') => publisher.publish({ type: 'COUNTED', key: `key-${n % 7}`, data: { n, more } });

/** Numbers by key, each where it occurs first. */
async function readTopic(): Promise<Map<string, number[]>> {
  const seen = new Map<string, Set<number>>();
  const consumer = new KafkaRecordConsumer({
    createClient: () => newClient(),
    admin: stage.admin,
    logger: testLogger,
    options: {
      group: stage.group,
      topics: [stage.topic],
      handle: async (records) => {
        for (const { key, value } of records) {
          const numbers = seen.get(String(key)) ?? new Set();
          seen.set(String(key), numbers.add((JSON.parse(String(value)) as { n: number }).n));
        }
        return [];
      },
    },
  });
  await consumer.start();
  await waitFor(() => consumer.state().lag === 0n, { description: 'the end of the topic' });
  await consumer.stop();
  return new Map([...seen].map(([key, numbers]) => [key, [...numbers]]));
}

it('has in the topic, each key in order, whatever it acknowledged while connections break and answers get lost', async () => {
  const acknowledged = new Map<string, number[]>();
  const failures: unknown[] = [];
  const note = (n: number) => acknowledged.set(`key-${n % 7}`, [...(acknowledged.get(`key-${n % 7}`) ?? []), n]);
  for (let wave = 0; wave < 24; wave += 1) {
    const calls = Array.from({ length: 20 }, (_, index) => wave * 20 + index);
    const sends = calls.map((n) => publish(n));
    if (wave % 4 === 1) sockets.isLosingAnswers = true;
    if (wave % 4 === 3) setImmediate(() => sockets.cut());
    const repair = setTimeout(() => Object.assign(sockets, { isLosingAnswers: false }), wave === 5 ? 2_600 : 100);
    const outcomes = await Promise.allSettled(sends);
    clearTimeout(repair);
    sockets.isLosingAnswers = false;
    outcomes.forEach((outcome, index) => {
      if (outcome.status === 'fulfilled') note(calls[index] as number);
      else failures.push(outcome.reason);
    });
  }
  for (const failure of failures) expect(failure).toMatchObject({ code: 'SEND_FAILED', retryable: true });
  expect(failures.length).toBeGreaterThan(0);
  const topic = await readTopic();
  for (const [key, numbers] of acknowledged) {
    const wanted = new Set(numbers);
    expect(topic.get(key)?.filter((n) => wanted.has(n))).toEqual(numbers);
  }
}, 60_000);

it('lets only the record fail that the broker finds too large', async () => {
  const outcomes = await Promise.allSettled([publish(0), publish(1, 'x'.repeat(2_000_000)), publish(2)]);
  expect(outcomes).toMatchObject([
    { status: 'fulfilled' },
    { reason: { code: 'RECORD_TOO_LARGE', retryable: false } },
    { status: 'fulfilled' },
  ]);
});

it('does not hold up or fail who offers while no broker answers, and counts what is lost', async () => {
  await publish(0);
  sockets.isLosingAnswers = true;
  const offers = Array.from({ length: 20 }, (_, n) => publisher.offer({ type: 'COUNTED', key: 'k', data: { n } }));
  expect(offers.every(Boolean)).toBe(true);
  const lost = async () => (await metrics.counter(METRICS.publishedDroppedTotal).get()).values;
  await waitFor(async () => (await lost())[0]?.value === 20, { description: 'the lost ones to be counted' });
  expect(await lost()).toMatchObject([{ labels: { reason: 'SEND_FAILED', messaging_destination_name: stage.topic } }]);
}, 30_000);
