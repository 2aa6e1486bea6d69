import { randomUUID } from 'node:crypto';
import { type Event, orderCodec, toHeaders } from '@throughline/events';
import { createKafkaDriver } from '@throughline/kafka';
import { createDatabase, type Database } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, startTokenIssuer, testPrefix, waitFor } from '@throughline/testing';
import type { OrderCreatedPayload } from '../src/domain/order.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

const OPERATIONS_TOKEN = 'a-token-for-operators';

/** What an event says beside what every test's events say. */
export type OrderFacts = Partial<OrderCreatedPayload> & { readonly ownerId?: string; readonly eventId?: string };

export interface IntakeBed {
  readonly topic: string;
  readonly group: string;
  readonly database: Database;
  /** Of the topic of orders, which the first worker makes. */
  partitionCount(): Promise<number>;
  /** Whose orders they are unless an order says otherwise. */
  readonly owner: string;
  startWorker(settings?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  /** As intake-api does it. */
  publish(...orders: readonly OrderFacts[]): Promise<readonly Event<OrderCreatedPayload>[]>;
  /** As somebody who knows nothing of headers does it. */
  publishBytes(value: Buffer): Promise<void>;
  /** `GET` as a user. */
  get(worker: WorkerProcess, path: string, as?: string): Promise<Answer>;
  /** Calls the operations API. */
  operate(worker: WorkerProcess, method: string, path: string): Promise<Answer>;
  handled(orderId: string, timeoutMs?: number): Promise<void>;
  /** Lets each end as the platform would. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows its answer
  readonly body: any;
}

/** Workers over one database, topic and group of their own. */
export async function createIntakeBed(): Promise<IntakeBed> {
  const prefix = testPrefix('intake');
  const [topic, group, owner] = [`${prefix}.orders.v1`, `${prefix}.worker`, randomUUID()];
  const logger = createLogger({ name: 'intake-test', level: 'fatal' });
  const { kafkaBrokers, redisUrl } = stackAddresses();
  const home = await createTestDatabase();
  const database = createDatabase({ connectionString: home.url, applicationName: 'intake-test', logger });
  const issuer = await startTokenIssuer('orders:read');
  const driver = createKafkaDriver({ brokers: kafkaBrokers, clientId: prefix, logger });
  const producer = await driver.createProducer({ name: 'intake-test' });
  const workers: WorkerProcess[] = [];
  const environment = {
    DATABASE_URL: home.url,
    REDIS_URL: redisUrl,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    ORDERS_TOPIC: topic,
    CONSUMER_GROUP: group,
    OPERATIONS_TOKEN,
    ...issuer.environment,
  };
  return {
    topic,
    group,
    database,
    partitionCount: () => driver.partitionCount(topic),
    owner,
    startWorker: async (settings) => {
      const worker = await startWorkerProcess({ ...environment, ...settings });
      workers.push(worker);
      return worker;
    },
    publish: async (...orders) => {
      const events = orders.map((order) => eventOf({ ownerId: owner, ...order }));
      await producer.send(
        events.map((event) => ({
          topic,
          key: Buffer.from(event.data.orderId),
          value: orderCodec.encode(event),
          headers: toHeaders(event, { contentType: orderCodec.contentType }),
        })),
        { timeoutMs: 10_000 },
      );
      return events;
    },
    publishBytes: async (value) => {
      await producer.send([{ topic, key: null, value, headers: {} }], { timeoutMs: 10_000 });
    },
    get: (worker, path, as = owner) => ask(`${worker.url}${path}`, { token: issuer.tokenFor(as) }),
    operate: (worker, method, path) => ask(`${worker.opsUrl}${path}`, { token: OPERATIONS_TOKEN, method }),
    handled: async (orderId, timeoutMs = 20_000) => {
      const rows = () => database.query('SELECT 1 FROM orders WHERE order_id = $1', [orderId]);
      await waitFor(async () => (await rows()).length === 1, { timeoutMs, description: `${orderId} to be handled` });
    },
    stopWorkers: async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.stop('SIGTERM')));
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop('SIGKILL')));
      issuer.close();
      await driver.close();
      await database.close();
      await home.drop();
    },
  };
}

function eventOf({ ownerId, eventId, ...said }: OrderFacts): Event<OrderCreatedPayload> {
  const data = { orderId: randomUUID(), amount: 10, ...said };
  return {
    id: eventId ?? randomUUID(),
    source: 'order-intake',
    type: 'OrderCreated',
    time: new Date().toISOString(),
    subject: data.orderId,
    dataSchema: 'OrderCreated.v1',
    partitionKey: data.orderId,
    ...(ownerId !== undefined && { ownerId }),
    data,
  };
}

async function ask(url: string, { token, method = 'GET' }: { token: string; method?: string }): Promise<Answer> {
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}`, 'x-operator': 'test' } });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
