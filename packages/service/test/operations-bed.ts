import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createOpsServer } from '@throughline/http';
import { createEventPublisher, type EventHandler, type EventPublisher, type Subscription } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { createLogger, createMetrics, type Metrics } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, type TestDatabase } from '@throughline/testing';
import { createReleasers } from '../src/releasers.ts';
import type { ServiceRuntime } from '../src/run-service.ts';
import { type Backbone, startBackbone } from '../src/start-backbone.ts';

export const OPERATIONS_TOKEN = 'a-token-for-operators';
const { kafkaBrokers, redisUrl } = stackAddresses();

/** A replica of a service in this process, with its operations API. */
export interface Replica {
  readonly backbone: Backbone;
  readonly publisher: EventPublisher<Transaction>;
  readonly metrics: Metrics;
  readonly readiness: ReadonlyMap<string, () => Promise<void> | void>;
  /** Calls the operations API as an operator called `test`. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Json }>;
  readonly url: string;
  subscribe(subscription: Partial<Subscription<Transaction>> & Pick<Subscription<Transaction>, 'group'>): Promise<void>;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many routes
export type Json = any;

export interface OperationsBed {
  readonly home: TestDatabase;
  startReplica(): Promise<Replica>;
  close(): Promise<void>;
}

/** Replicas of one service over one database. `topic` is what it publishes to and consumes. */
export async function createOperationsBed(topic: string): Promise<OperationsBed> {
  const home = await createTestDatabase();
  const contracts = await loadContracts(fileURLToPath(new URL('../../../contracts/object-storage', import.meta.url)));
  const replicas: Replica[] = [];
  return {
    home,
    startReplica: async () => {
      const replica = await startReplica({ topic, home, contracts });
      replicas.push(replica);
      return replica;
    },
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await home.drop();
    },
  };
}

async function startReplica({
  topic,
  home,
  contracts,
}: {
  topic: string;
  home: TestDatabase;
  contracts: Subscription<never>['contracts'];
}) {
  const logger = createLogger({ name: 'test', level: 'fatal' });
  const metrics = createMetrics({ service: 'test' });
  const releasers = createReleasers(logger);
  const readiness = new Map<string, () => Promise<void> | void>();
  const healthy = async () => ({ isHealthy: true, checks: {} });
  const ops = createOpsServer({ readiness: healthy, liveness: healthy, metrics, logger });
  const { port } = await ops.listen({ host: '127.0.0.1', port: 0 });
  releasers.add('ops server', () => ops.close());
  const runtime: ServiceRuntime = {
    logger,
    metrics,
    stopping: new AbortController().signal,
    onStop: releasers.add,
    addReadiness: (name, check) => void readiness.set(name, check),
    addLiveness: () => {},
    addOperations: (routes) => ops.mount({ routes, token: OPERATIONS_TOKEN }),
  };
  const backbone = await startBackbone({
    runtime,
    config: { databaseUrl: home.url, redisUrl, kafkaBrokers, createTopics: true, databaseConnections: 20 },
    name: topic,
    publishes: [{ topic, partitions: 2 }],
  });
  const destination = () => ({ topic, aggregateType: 'bucket' });
  const publisher = createEventPublisher({
    source: 'BUCKET_SERVICE',
    codec: s3Codec,
    contracts,
    outbox: backbone.outbox,
    destination,
  });
  const url = `http://127.0.0.1:${port}`;
  let stopping: Promise<unknown> | undefined;
  const replica: Replica = {
    backbone,
    publisher,
    metrics,
    readiness,
    url,
    call: (method, path, body) => call(url + path, method, body),
    subscribe: async (subscription) => {
      await backbone.subscribe({
        topics: [topic],
        codec: s3Codec,
        contracts,
        order: 'none',
        handlers: {},
        concurrency: 2,
        retry: { inlineTries: 1, inlineDelayMs: 1, delays: [] },
        ...subscription,
      });
    },
    stop: async () => {
      stopping ??= releasers.releaseAll();
      await stopping;
    },
  };
  return replica;
}

async function call(url: string, method: string, body: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${OPERATIONS_TOKEN}`,
      'x-operator': 'test',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** A bucket that was deleted: the smallest event that object storage has. */
export async function publishDeletion(
  replica: Replica,
  bucket: { readonly key: string; readonly name: string },
): Promise<string> {
  const data = { payloadType: 'BUCKET_DELETED', bucketName: bucket.name, bucketId: bucket.key };
  const event = await replica.backbone.database.transaction((tx) =>
    replica.publisher.publish(tx, {
      type: 'BUCKET_DELETED',
      key: bucket.key,
      ownerId: 'f7e6d5c4-0000-4000-8000-000000000001',
      data,
    }),
  );
  return event.id;
}

export type DeletionHandler = EventHandler<Transaction, { readonly bucketName: string; readonly bucketId: string }>;
