import type { EnvelopeCodec } from '@throughline/events';
import {
  type ConsumeOptions,
  followTopics,
  type MessagingDriver,
  matchTopics,
  systemClock,
  type TopicReader,
  watchConsumer,
} from '@throughline/messaging';
import type { Database } from '@throughline/postgres';
import type { Logger, Metrics } from '@throughline/telemetry';
import type { DayPartitions } from './day-partitions.ts';
import { storeEvents } from './store-events.ts';
import { storeOutcomes } from './store-outcomes.ts';

export interface IndexerOptions {
  readonly database: Database;
  readonly driver: MessagingDriver;
  readonly days: Pick<DayPartitions, 'dayOf'>;
  /** Envelopes that may come without headers. */
  readonly codecs: readonly EnvelopeCodec[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Names and patterns; `#` is every topic but the backbone's own. */
  readonly events: TopicReader;
  readonly outcomes: TopicReader;
  /** How soon a new topic is read, milliseconds. (Default: 5 000) */
  readonly refreshMs?: number;
}

export interface Indexer {
  /** @throws when records wait and nothing moves */
  requireProgress(): void;
  /** Records that wait to be indexed, in all replicas. @throws {EventError} while no broker answers */
  lag(): Promise<number>;
  stop(): Promise<void>;
}

/** Rows a statement: larger ones were not faster. */
const CHUNK_RECORDS = 1_000;
/** A record of outcomes tells up to 500 events. */
const CHUNK_OUTCOMES = 50;

/**
 * Reads the headers of every topic and what groups say of events, from the beginning of the log, into the index. There is no dedup: a row's key is its place in the
 * log, so that storing it twice is storing it once.
 */
export async function startIndexer(options: IndexerOptions): Promise<Indexer> {
  const { database, driver, days, codecs, logger } = options;
  const topics = await matchTopics(driver, options.events.topics);
  const events = await consume(options, {
    group: options.events.group,
    topics,
    maxChunkRecords: () => CHUNK_RECORDS,
    handle: async (records) => {
      await storeEvents({ database, days, codecs }, records);
      return [];
    },
  });
  const outcomes = await consume(options, {
    ...options.outcomes,
    maxChunkRecords: () => CHUNK_OUTCOMES,
    handle: async (records) => {
      await storeOutcomes({ database, days, logger }, records);
      return [];
    },
  });
  const following = followTopics({
    driver,
    wanted: options.events.topics,
    first: topics,
    logger,
    onChange: (all) => events.consumer.setTopics(all),
    ...(options.refreshMs !== undefined && { refreshMs: options.refreshMs }),
  });
  const both = [events, outcomes];
  return {
    requireProgress: () => {
      if (!both.every(({ isLive }) => isLive())) throw new Error('makes no progress although records wait');
    },
    lag: async () => {
      const offsets = await Promise.all([
        driver.groups.offsets(options.events.group, following.topics()),
        driver.groups.offsets(options.outcomes.group, options.outcomes.topics),
      ]);
      return offsets.flat().reduce((sum, { committed, low, high }) => sum + Number(high - (committed ?? low)), 0);
    },
    stop: async () => {
      await following.stop();
      await Promise.all(both.map(({ stop }) => stop()));
    },
  };
}

async function consume(
  { driver, metrics }: IndexerOptions,
  options: Pick<ConsumeOptions, 'group' | 'topics' | 'maxChunkRecords' | 'handle'>,
) {
  const consumer = await driver.consume({
    ...options,
    concurrency: 2,
    maxUncommitted: 4_000,
    maxMemberBytes: 32 * 1024 ** 2,
    drainDeadlineMs: 8_000,
  });
  const watch = watchConsumer({ consumer, group: options.group, metrics, clock: systemClock, progressTimeoutMs: 60_000 });
  return {
    consumer,
    isLive: watch.isLive,
    stop: async () => {
      await consumer.stop();
      watch.stop();
    },
  };
}
