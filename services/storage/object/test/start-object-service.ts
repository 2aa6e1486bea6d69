import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createHttpServer, Problem } from '@throughline/http';
import { createKafkaDriver } from '@throughline/kafka';
import {
  createEventPublisher,
  createInMemoryClaimStore,
  type Outbox,
  type RunningSubscription,
  subscribe,
  subscriptionTopics,
} from '@throughline/messaging';
import { createDatabase, createIdempotencyStore, createInbox, createOutbox, migrate } from '@throughline/postgres';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, testPrefix } from '@throughline/testing';
import { type BlobFiles, createBlobStore } from '../src/adapters/blob-store.ts';
import { createBucketDirectory } from '../src/adapters/bucket-directory.ts';
import { createObjectService } from '../src/object-service.ts';
import { INTERNAL_TOKEN, startFakeBucketService } from './fake-bucket-service.ts';

export interface StartOptions {
  readonly quota?: { maxBytes: number; maxObjects: number };
  readonly maxObjectBytes?: number;
  readonly files?: BlobFiles;
}

/** The service in this process over HTTP, on a database and a data folder of its own, beside a fake bucket service. A token is the user's id. */
export async function startObjectService(options: StartOptions = {}) {
  const testDatabase = await createTestDatabase();
  const prefix = testPrefix('objects');
  const bucketTopic = `${prefix}.bucket.v1`;
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'objects-'));
  const logger = createLogger({ name: 'test', level: 'error' });
  const metrics = createMetrics({ service: 'test' });
  const database = createDatabase({ connectionString: testDatabase.url, applicationName: 'test', logger });
  await migrate({ database, directory: new URL('../migrations', import.meta.url), logger });
  const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/object-storage', import.meta.url)));
  const outbox = createOutbox({ wake: () => {} });
  const destination = () => ({ topic: 'storage.object.v1', aggregateType: 'object' });
  const publisherInto = <Tx>(into: Outbox<Tx>) =>
    createEventPublisher({ source: 'OBJECT_SERVICE', codec: s3Codec, contracts, outbox: into, destination });
  const bucketService = await startFakeBucketService();
  const blobs = createBlobStore({ dataDir, ...(options.files && { files: options.files }) });
  await blobs.prepare();
  const buckets = createBucketDirectory({ baseUrl: bucketService.url, internalToken: INTERNAL_TOKEN, timeoutMs: 500 });
  const service = createObjectService({
    database,
    outbox,
    publisherInto,
    contracts,
    blobs,
    buckets,
    logger,
    clock: () => new Date(),
    bucketEvents: { group: prefix, topics: [bucketTopic], order: 'none' },
    quota: options.quota ?? { maxBytes: 1e12, maxObjects: 1e6 },
    maxObjectBytes: options.maxObjectBytes ?? 64 * 1024 * 1024,
    uploadGraceMs: 60_000,
    sweepIntervalMs: 3_600_000,
  });
  service.start();
  const driver = createKafkaDriver({ brokers: [...stackAddresses().kafkaBrokers], clientId: prefix, logger });
  let consumer: RunningSubscription | undefined;
  const idempotency = createIdempotencyStore({ database });
  const server = createHttpServer({ routes: service.routes, verifyToken, idempotency, logger, metrics, title: 'Objects' });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    database,
    blobs,
    bucketService,
    service,
    /** Starts the consumer group; until then bucket events wait in their topic. */
    async startConsumer(): Promise<void> {
      const { subscription } = service;
      await driver.ensureTopics([{ topic: bucketTopic, partitions: 2 }, ...subscriptionTopics(subscription)], { create: true });
      const inbox = createInbox({ database });
      consumer = await subscribe({ subscription, driver, inbox, claims: createInMemoryClaimStore(), logger, metrics });
    },
    /** Sends an envelope as the bucket service would, or without what is left out. */
    async sendBucketEvent(event: BucketEvent): Promise<string> {
      await driver.ensureTopics([{ topic: bucketTopic, partitions: 2 }], { create: true });
      const eventId = event.eventId ?? randomUUID();
      const occurredAt = (event.atMs ?? Date.now()) / 1000;
      const payload = { payloadType: event.eventType, ...event.payload };
      const envelope = {
        eventId,
        eventType: event.eventType,
        sourceService: 'BUCKET_SERVICE',
        ownerId: event.ownerId,
        occurredAt,
        payload,
      };
      const producer = await driver.createProducer({ name: 'test' });
      await producer.send(
        [{ topic: bucketTopic, key: event.payload.bucketId ?? null, value: Buffer.from(JSON.stringify(envelope)), headers: {} }],
        {
          timeoutMs: 10_000,
        },
      );
      await producer.close();
      return eventId;
    },
    /** Paths of the files in the data folder. */
    async files(): Promise<string[]> {
      const entries = await fs.readdir(dataDir, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    },
    /** Events in the outbox, in order. */
    async events(): Promise<PublishedEvent[]> {
      const rows = await database.query<{ payload: Buffer; headers: Record<string, string> }>(
        'select payload, headers from outbox order by seq',
      );
      return rows.map((row) => JSON.parse(row.payload.toString()) as PublishedEvent);
    },
    async stop(): Promise<void> {
      await server.close();
      await consumer?.stop();
      await service.stop();
      await blobs.close();
      await driver.close();
      buckets.close();
      await bucketService.close();
      await database.close();
      await testDatabase.drop();
      await fs.rm(dataDir, { recursive: true });
    },
  };
}

export type RunningObjectService = Awaited<ReturnType<typeof startObjectService>>;

export interface BucketEvent {
  readonly eventType: 'BUCKET_UPDATED' | 'BUCKET_DELETED';
  readonly eventId?: string;
  readonly ownerId: string;
  readonly atMs?: number;
  readonly payload: { bucketName: string; bucketId?: string; revision?: number; versioningEnabled?: boolean };
}

export interface PublishedEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly ownerId: string;
  readonly payload: Record<string, unknown>;
}

async function verifyToken(token: string) {
  if (token === 'bad') throw new Problem({ kind: 'unauthenticated', code: 'token_invalid', detail: 'The token is not valid.' });
  return { userId: token, roles: ['user'], scopes: ['storage:read', 'storage:write'] };
}
