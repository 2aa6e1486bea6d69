import { randomUUID } from 'node:crypto';
import { EventError } from '@throughline/events';
import type { OutboxMessage } from '@throughline/messaging';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, waitFor } from '@throughline/testing';
import { createDatabase } from '../src/database/create-database.ts';
import type { Database } from '../src/database/database.ts';
import { migrate } from '../src/migrate.ts';
import { createOutbox } from '../src/outbox/outbox.ts';
import { createRelay, type Relay } from '../src/relay/relay.ts';
import type { RelayOptions } from '../src/relay/relay-options.ts';
import { createFakeBroker, type FakeBroker } from './fake-broker.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
export const outbox = createOutbox({ wake: () => {} });

/** A database, a broker that can be made to fail, and relays between them with times fit for tests. */
export interface RelayTestBed {
  readonly database: Database;
  /** Another for each test. */
  readonly broker: FakeBroker;
  readonly relays: readonly Relay[];
  openDatabase(): Database;
  startRelay(options?: Partial<RelayOptions>): Promise<Relay>;
  /** In one transaction; gives the ids. */
  insert(...messages: OutboxMessage[]): Promise<string[]>;
  countByStatus(status: number): Promise<number>;
  untilSent(rows: number): Promise<unknown>;
  /** The broker takes everything but this row. */
  refuse(id: string): void;
  reset(): Promise<void>;
  stopRelays(): Promise<void>;
  close(): Promise<void>;
}

export function message(key: string, changes: Partial<OutboxMessage> = {}): OutboxMessage {
  const id = randomUUID();
  return {
    id,
    aggregateType: 'thing',
    aggregateId: key,
    type: 'THING_CHANGED',
    topic: 'things.v1',
    key,
    payload: Buffer.from('{}'),
    headers: { ce_id: id },
    ...changes,
  };
}

export async function createRelayTestBed(): Promise<RelayTestBed> {
  const home = await createTestDatabase();
  const openDatabase = () =>
    createDatabase({ connectionString: home.url, applicationName: 'relay-test', logger, maxConnections: 20 });
  const database = openDatabase();
  await migrate({ database, logger });
  const relays: Relay[] = [];
  let broker = createFakeBroker();
  const countByStatus = async (status: number) =>
    (await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM outbox WHERE status = $1', [status]))[0]?.rows ??
    0;
  return {
    database,
    get broker() {
      return broker;
    },
    relays,
    openDatabase,
    startRelay: async (options = {}) => {
      const relay = createRelay({
        database,
        driver: broker.driver(),
        name: 'test',
        logger,
        metrics: createMetrics({ service: 'test' }),
        leaseMs: 1_500,
        sendTimeoutMs: 300,
        retryDelayMs: 20,
        maxPollMs: 50,
        ...options,
      });
      relays.push(relay);
      await relay.start();
      return relay;
    },
    insert: async (...messages) => {
      await database.transaction((tx) => outbox.insert(tx, messages));
      return messages.map(({ id }) => id);
    },
    countByStatus,
    untilSent: (rows) =>
      waitFor(async () => (await countByStatus(1)) === rows, { description: `${rows} sent rows`, timeoutMs: 60_000 }),
    refuse: (id) => {
      broker.fault = (records) => {
        if (records.some((record) => record.id === id)) throw new EventError('RECORD_REJECTED', 'no');
      };
    },
    reset: async () => {
      broker = createFakeBroker();
      await database.execute('TRUNCATE outbox, outbox_blocked_keys, outbox_relays');
      await database.execute(`UPDATE outbox_shard_leases SET owner = NULL, expires_at = '-infinity', settled_at = '-infinity'`);
    },
    stopRelays: async () => {
      broker.fault = () => {};
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    },
    close: async () => {
      await database.close();
      await home.drop();
    },
  };
}
