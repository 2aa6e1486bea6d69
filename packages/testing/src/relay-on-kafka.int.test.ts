import { randomUUID } from 'node:crypto';
import { createKafkaDriver } from '@throughline/kafka';
import type { IncomingRecord, MessagingDriver, OutboxMessage } from '@throughline/messaging';
import { createDatabase, createOutbox, createRelay, type Database, migrate, type Relay } from '@throughline/postgres';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from './create-test-database.ts';
import { eachRecord } from './each-record.ts';
import { stackAddresses } from './stack-addresses.ts';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const metrics = createMetrics({ service: 'test' });
const topic = testPrefix('relay');
let home: TestDatabase;
let database: Database;
let driver: MessagingDriver;
const relays: Relay[] = [];
const wakeAll = () => {
  for (const relay of relays) relay.wake();
};

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'relay-on-kafka', logger });
  await migrate({ database, logger });
  driver = createKafkaDriver({ brokers: [...stackAddresses().kafkaBrokers], clientId: topic, logger });
  await driver.ensureTopics([{ topic, partitions: 6 }], { create: true });
}, 60_000);

afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  await driver.close();
  await database.close();
  await home.drop();
}, 60_000);

async function startRelay(): Promise<Relay> {
  const relay = createRelay({ database, driver, name: topic, logger, metrics });
  relays.push(relay);
  await relay.start();
  return relay;
}

function message(key: string): OutboxMessage {
  const id = randomUUID();
  const headers = {
    ce_id: id,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    binary: Buffer.from([0xff, 0]),
  };
  return {
    id,
    aggregateType: 'thing',
    aggregateId: key,
    type: 'THING_CHANGED',
    topic,
    key,
    payload: Buffer.from([0, 1, 0xff]),
    headers,
  };
}

it('carries rows of several writers to Kafka byte for byte, each key in order, while relays come and go', async () => {
  const received: IncomingRecord[] = [];
  const consumer = await driver.consume({
    group: `${topic}.reader`,
    topics: [topic],
    handle: eachRecord((record) => received.push(record)),
  });
  const first = await startRelay();
  const outbox = createOutbox({ wake: wakeAll });
  const expected = new Map<string, string[]>();
  const write = async (key: string): Promise<void> => {
    const ids: string[] = [];
    expected.set(key, ids);
    for (let round = 0; round < 25; round += 1) {
      const messages = Array.from({ length: 4 }, () => message(key));
      await database.transaction((tx) => outbox.insert(tx, messages));
      ids.push(...messages.map(({ id }) => id));
      if (key === 'key-3' && round === 8) await startRelay();
      if (key === 'key-3' && round === 16) await first.stop();
    }
  };
  try {
    await Promise.all(Array.from({ length: 8 }, (_, index) => write(`key-${index}`)));
    await waitFor(() => new Set(received.map(({ headers }) => String(headers.ce_id))).size === 800, {
      description: 'all records',
      timeoutMs: 40_000,
    });
  } finally {
    await consumer.stop();
  }
  for (const [key, ids] of expected) {
    const read = received.filter((record) => String(record.key) === key).map(({ headers }) => String(headers.ce_id));
    expect([...new Set(read)]).toEqual(ids);
  }
  expect(received[0]).toMatchObject({
    value: Buffer.from([0, 1, 0xff]),
    headers: {
      traceparent: Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
      binary: Buffer.from([0xff, 0]),
    },
  });
}, 90_000);

it('holds a row whose topic is missing, and sends it when the topic is there', async () => {
  await startRelay();
  const late = `${topic}.late`;
  const held = { ...message('a'), topic: late };
  const outbox = createOutbox({ wake: wakeAll });
  await database.transaction((tx) => outbox.insert(tx, [held, message('b')]));
  const statusOf = async (id: string) =>
    (
      await database.query<{ status: number; last_error: string | null }>('SELECT status, last_error FROM outbox WHERE id = $1', [
        id,
      ])
    )[0];
  await waitFor(async () => (await statusOf(held.id))?.last_error, { description: 'the first try', timeoutMs: 30_000 });
  await driver.ensureTopics([{ topic: late, partitions: 1 }], { create: true });
  await waitFor(async () => (await statusOf(held.id))?.status === 1, { description: 'the row to be sent', timeoutMs: 40_000 });
}, 90_000);
