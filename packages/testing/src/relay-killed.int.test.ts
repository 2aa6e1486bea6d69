import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createKafkaDriver } from '@throughline/kafka';
import type { IncomingRecord, MessagingDriver } from '@throughline/messaging';
import { createDatabase, createOutbox, type Database, migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from './create-test-database.ts';
import { eachRecord } from './each-record.ts';
import { stackAddresses } from './stack-addresses.ts';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

const FIXTURE = fileURLToPath(new URL('./relay-process.fixture.ts', import.meta.url));
const KEYS = Array.from({ length: 10 }, (_, index) => `key-${index}`);
const ROUNDS = 60;
const logger = createLogger({ name: 'test', level: 'fatal' });
const topic = testPrefix('killed');
const outbox = createOutbox({ wake: () => {} });
let home: TestDatabase;
let database: Database;
let driver: MessagingDriver;
let child: ChildProcess | undefined;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'relay-killed', logger });
  await migrate({ database, logger });
  driver = createKafkaDriver({ brokers: [...stackAddresses().kafkaBrokers], clientId: topic, logger });
  await driver.ensureTopics([{ topic, partitions: 3 }], { create: true });
}, 60_000);

afterAll(async () => {
  await killRelay();
  await driver.close();
  await database.close();
  await home.drop();
}, 60_000);

async function startRelay(): Promise<void> {
  child = spawn(process.execPath, ['--no-warnings', FIXTURE, home.url, stackAddresses().kafkaBrokers.join(','), topic], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout) await once(child.stdout, 'data');
}

async function killRelay(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const countSent = async () =>
  (await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM outbox WHERE status = 1'))[0]?.rows ?? 0;

it('loses nothing and keeps the order of each key when its process is killed in the middle, three times', async () => {
  const expected = new Map<string, string[]>(KEYS.map((key) => [key, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const messages = KEYS.map((key) => {
      const id = randomUUID();
      expected.get(key)?.push(id);
      return {
        id,
        aggregateType: 'thing',
        aggregateId: key,
        type: 'T',
        topic,
        key,
        payload: Buffer.from('{}'),
        headers: { ce_id: id },
      };
    });
    await database.transaction((tx) => outbox.insert(tx, messages));
  }
  for (let kill = 0; kill < 3; kill += 1) {
    const before = await countSent();
    await startRelay();
    await waitFor(async () => (await countSent()) > before, { description: 'rows to be sent', intervalMs: 1, timeoutMs: 30_000 });
    await killRelay();
    expect(await countSent()).toBeLessThan(ROUNDS * KEYS.length);
  }
  await startRelay();
  await waitFor(async () => (await countSent()) === ROUNDS * KEYS.length, {
    description: 'all rows to be sent',
    timeoutMs: 30_000,
  });
  await killRelay();

  const received: IncomingRecord[] = [];
  const consumer = await driver.consume({
    group: `${topic}.reader`,
    topics: [topic],
    handle: eachRecord((record) => received.push(record)),
  });
  const idsOf = (key: string) => [
    ...new Set(received.filter((record) => String(record.key) === key).map(({ headers }) => String(headers.ce_id))),
  ];
  try {
    await waitFor(() => KEYS.every((key) => idsOf(key).length === ROUNDS), { description: 'all records', timeoutMs: 30_000 });
  } finally {
    await consumer.stop();
  }
  for (const key of KEYS) expect(idsOf(key)).toEqual(expected.get(key));
}, 120_000);
