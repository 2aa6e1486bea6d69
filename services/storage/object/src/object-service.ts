import type { ContractRegistry } from '@throughline/contracts';
import type { Route } from '@throughline/http';
import type { EventPublisher, Outbox, OutboxMessage, SubscribedTopics, Subscription } from '@throughline/messaging';
import type { Database, PostgresOutbox, Transaction } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import { createBlobRemover } from './adapters/blob-remover.ts';
import type { BlobStore } from './adapters/blob-store.ts';
import { createBucketCascade } from './adapters/bucket-cascade.ts';
import type { BucketDirectory } from './adapters/bucket-directory.ts';
import { createDeleteObject } from './adapters/delete-object.ts';
import { createObjectReader } from './adapters/find-object.ts';
import { createRelabelObject } from './adapters/relabel-object.ts';
import { createStoreObject } from './adapters/store-object.ts';
import { createSweeper } from './adapters/sweeper.ts';
import { createUploadRegistry } from './adapters/upload-registry.ts';
import type { Quota } from './domain/quota.ts';
import { bucketSubscription } from './handlers/bucket-subscription.ts';
import { deleteObjectRoute } from './routes/delete-object.ts';
import { getObjectOfUserRoute, getObjectRoute } from './routes/get-object.ts';
import { listObjectsRoute } from './routes/list-objects.ts';
import { patchObjectRoute } from './routes/patch-object.ts';
import { postObjectRoute } from './routes/post-object.ts';
import { putObjectRoute } from './routes/put-object.ts';
import { createSendFile } from './routes/send-file.ts';

export interface ObjectServiceOptions {
  readonly database: Database;
  readonly outbox: PostgresOutbox;
  /** A publisher of this service's events. */
  readonly publisherInto: <Tx>(outbox: Outbox<Tx>) => EventPublisher<Tx>;
  readonly contracts: ContractRegistry;
  readonly blobs: BlobStore;
  readonly buckets: BucketDirectory;
  readonly logger: Logger;
  readonly clock: () => Date;
  /** Where bucket events come from. */
  readonly bucketEvents: SubscribedTopics;
  readonly quota: Quota;
  readonly maxObjectBytes: number;
  /** An upload without a heartbeat for so long is dead. */
  readonly uploadGraceMs: number;
  readonly sweepIntervalMs: number;
}

/** The object service without what it stands on. */
export interface ObjectService {
  readonly routes: readonly Route[];
  readonly subscription: Subscription<Transaction>;
  /** Starts the background jobs: heartbeats of uploads, removal of bytes, sweeper, cascades of deleted buckets. */
  start(): void;
  /** Waits for the jobs' work under way. */
  stop(): Promise<void>;
}

/** Hands its messages to the caller, whose statement inserts them. */
const COMPOSING: Outbox<OutboxMessage[]> = {
  insert: async (composed, messages) => {
    composed.push(...messages);
  },
};

/** Puts the service's own parts together. */
export function createObjectService(options: ObjectServiceOptions): ObjectService {
  const { database, outbox, blobs, buckets, logger, clock, quota, maxObjectBytes } = options;
  const publisher = options.publisherInto(outbox);
  const composer = options.publisherInto(COMPOSING);
  const remover = createBlobRemover({ database, blobs, logger });
  const onBlobReleased = remover.wake;
  const uploads = createUploadRegistry({ database, blobs, logger });
  const cascade = createBucketCascade({ database, publisher, logger, onBlobReleased });
  const sweeper = createSweeper({ database, blobs, logger, graceMs: options.uploadGraceMs, intervalMs: options.sweepIntervalMs });
  const jobs = [uploads, remover, sweeper, cascade];

  const reader = createObjectReader({ database });
  const storeObject = createStoreObject({ database, outbox, composer, quota, clock, onBlobReleased });
  const relabelObject = createRelabelObject({ database, publisher, quota, clock });
  const deleteObject = createDeleteObject({ database, publisher, onBlobReleased });
  const uploading = { blobs, uploads, buckets, reader, storeObject, quota, maxObjectBytes };
  const reading = { reader, blobs, sendFile: createSendFile() };
  return {
    routes: [
      putObjectRoute(uploading),
      postObjectRoute(uploading),
      getObjectRoute(reading),
      getObjectOfUserRoute(reading),
      listObjectsRoute({ reader, buckets }),
      patchObjectRoute({ buckets, relabelObject }),
      deleteObjectRoute({ buckets, deleteObject }),
    ],
    subscription: bucketSubscription({ ...options, onQueued: cascade.wake }),
    start: () => {
      for (const job of jobs) job.start();
    },
    stop: async () => {
      await Promise.all(jobs.map((job) => job.stop()));
    },
  };
}
