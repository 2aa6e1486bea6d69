import { createKafkaDriver } from '@throughline/kafka';
import type { MessagingDriver, OutgoingRecord } from '@throughline/messaging';
import { createMetrics } from '@throughline/telemetry';
import { stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import { type ConsoleDatabase, eventRecord, openConsoleDatabase, quiet } from '../../test/console-database.ts';
import { type Indexer, startIndexer } from './start-indexer.ts';

const prefix = testPrefix('index');
const outcomesTopic = `throughline.${prefix}`;
const metrics = createMetrics({ service: 'index-test' });

let index: ConsoleDatabase;
let driver: MessagingDriver;
let indexer: Indexer;

beforeAll(async () => {
  index = await openConsoleDatabase();
  driver = createKafkaDriver({ brokers: stackAddresses().kafkaBrokers, clientId: prefix, logger: quiet });
  await driver.ensureTopics([{ topic: `${prefix}.early.v1`, partitions: 2 }, { topic: outcomesTopic }], { create: true });
});

afterAll(async () => {
  await indexer?.stop();
  await driver?.close();
  await index?.close();
});

async function sendAll(records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await driver.createProducer({ name: prefix });
  await producer.send(records, { timeoutMs: 10_000 });
  await producer.close();
}

const send = (topic: string, ids: readonly string[]) =>
  sendAll(ids.map((id, offset) => ({ ...eventRecord({ id, offset }), topic, key: id })));

async function idsOf(topic: string): Promise<readonly string[]> {
  const rows = await index.database.query<{ id: string }>(
    'SELECT event_id AS id FROM indexed_events WHERE topic = $1 ORDER BY 1',
    [topic],
  );
  return rows.map(({ id }) => id);
}

const ids = (word: string) => Array.from({ length: 50 }, (_, number) => `${prefix}-${word}-${String(number).padStart(2, '0')}`);

describe('the indexer', () => {
  it('reads what was there before it, topics that come later, and outcomes', async () => {
    await send(`${prefix}.early.v1`, ids('early'));
    const options = { database: index.database, driver, days: index.days, codecs: [], logger: quiet, metrics, refreshMs: 200 };
    indexer = await startIndexer({
      ...options,
      events: { group: `${prefix}.console.events`, topics: [`${prefix}.*`] },
      outcomes: { group: `${prefix}.console.outcomes`, topics: [outcomesTopic] },
    });
    const hasIndexed = (topic: string) => async () => (await idsOf(topic)).length === 50;
    await waitFor(hasIndexed(`${prefix}.early.v1`), { description: 'events of before' });
    expect(await idsOf(`${prefix}.early.v1`)).toEqual(ids('early'));

    await driver.ensureTopics([{ topic: `${prefix}.late.v1`, partitions: 1 }], { create: true });
    await send(`${prefix}.late.v1`, ids('late'));
    await waitFor(hasIndexed(`${prefix}.late.v1`), { description: 'events of a topic that came later' });

    const runs = [['S', 'handled', 1, ids('early')]];
    const told = { v: 1, service: prefix, group: prefix, topic: `${prefix}.early.v1`, partition: 0, at: Date.now(), ms: 1, runs };
    await sendAll([{ topic: outcomesTopic, key: prefix, value: Buffer.from(JSON.stringify(told)), headers: {} }]);
    const outcomes = () => index.database.query('SELECT 1 FROM event_outcomes WHERE consumer_group = $1', [prefix]);
    await waitFor(async () => (await outcomes()).length === 50, { description: 'outcomes' });
    expect(() => indexer.requireProgress()).not.toThrow();
    await waitFor(async () => (await indexer.lag()) === 0, { description: 'an index without lag' });
  });
});
