import { setTimeout } from 'node:timers/promises';
import { EventError } from '@throughline/events';
import type { GroupOffset, TopicDeclaration } from '@throughline/messaging';
import type { Admin, ITopicMetadata } from 'kafkajs';
import { AdminConnection } from './client/admin-connection.ts';
import type { KafkaClient } from './client/create-client.ts';
import { toEventError } from './to-event-error.ts';
import { withinDeadline } from './within-deadline.ts';

const DEFAULT_PARTITIONS = 6;
const DEFAULT_RETENTION_MS = 7 * 24 * 3600 * 1000;
const CREATE_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 15_000;
const ANSWER_POLL_MS = 50;
/** kafkajs alone would try for minutes, or wait for ever for a connection that went silent. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Questions to and orders for the cluster, over one connection that is replaced after a failure. */
export interface TopicAdmin {
  ensureTopics(declarations: readonly TopicDeclaration[], options: { create: boolean }): Promise<void>;
  /** @throws {EventError} `TOPIC_MISSING` naming those that are missing; topics seen once are not asked for again. */
  requireTopics(topics: readonly string[]): Promise<void>;
  /** Resolves when the leader of every partition answers. Metadata names leaders of a new topic some 10 ms before they are ready. */
  awaitLeaders(topics: readonly string[]): Promise<void>;
  /** Those of the topics that are there and have leaders, waiting for the others no longer than said: one may be without for hours, or deleted, and must not hold up the rest. */
  withLeaders(topics: readonly string[], options: { waitMs: number }): Promise<readonly string[]>;
  listTopics(): Promise<readonly string[]>;
  /** @throws {EventError} `TOPIC_MISSING` */
  partitionCount(topic: string): Promise<number>;
  /** Over a connection of its own, without metadata: one topic without leader anywhere makes kafkajs fail to describe the cluster. */
  ping(timeoutMs: number): Promise<void>;
  ranges(group: string, topics: readonly string[]): Promise<readonly GroupOffset[]>;
  /** Asks what only kafkajs' admin knows. @throws {EventError} */
  ask<Result>(doing: string, work: (admin: Admin) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Nothing is connected until it is first needed. */
export function createTopicAdmin(createClient: () => KafkaClient): TopicAdmin {
  return new KafkaTopicAdmin(createClient);
}

class KafkaTopicAdmin implements TopicAdmin {
  readonly #createClient: () => KafkaClient;
  readonly #known = new Set<string>();
  readonly #closing = new Set<Promise<void>>();
  #connection: AdminConnection | undefined;
  #isClosed = false;

  constructor(createClient: () => KafkaClient) {
    this.#createClient = createClient;
  }

  async ensureTopics(declarations: readonly TopicDeclaration[], { create }: { create: boolean }): Promise<void> {
    const unique = new Map(declarations.map((declaration) => [declaration.topic, declaration]));
    const missing = await this.#missingOf([...unique.keys()]);
    if (missing.length > 0 && !create) throw topicsMissing(missing);
    const toCreate = missing.flatMap((topic) => unique.get(topic) ?? []);
    if (toCreate.length > 0) await this.#untilAnswered('creating topics', (admin) => createMissing(admin, toCreate));
    await this.awaitLeaders([...unique.keys()]);
  }

  async requireTopics(topics: readonly string[]): Promise<void> {
    const missing = await this.#missingOf(topics.filter((topic) => !this.#known.has(topic)));
    if (missing.length > 0) throw topicsMissing(missing);
  }

  awaitLeaders(topics: readonly string[]): Promise<void> {
    return this.#untilAnswered(`waiting for the leaders of ${topics.join(', ')}`, async (admin) => {
      for (const topic of topics) await admin.fetchTopicOffsets(topic);
    });
  }

  async withLeaders(topics: readonly string[], { waitMs }: { waitMs: number }): Promise<readonly string[]> {
    const deadlineMs = Date.now() + waitMs;
    for (;;) {
      const led = new Set((await this.#allTopics()).filter(hasLeaders).map(({ name }) => name));
      const ready = topics.filter((topic) => led.has(topic));
      if (ready.length === topics.length || Date.now() > deadlineMs) {
        await this.awaitLeaders(ready);
        return ready;
      }
      await setTimeout(ANSWER_POLL_MS);
    }
  }

  async listTopics(): Promise<readonly string[]> {
    const topics = (await this.#allTopics()).map(({ name }) => name);
    for (const topic of topics) this.#known.add(topic);
    return topics;
  }

  async partitionCount(topic: string): Promise<number> {
    const metadata = (await this.#allTopics()).find(({ name }) => name === topic);
    if (metadata === undefined) throw topicsMissing([topic]);
    return metadata.partitions.length;
  }

  async ping(timeoutMs: number): Promise<void> {
    const doing = 'asking for a broker';
    const connection = new AdminConnection(this.#createClient());
    try {
      await withinDeadline(connection.connected, timeoutMs, doing);
    } catch (error) {
      throw toEventError(error, doing);
    } finally {
      connection.end();
    }
  }

  ranges(group: string, topics: readonly string[]): Promise<readonly GroupOffset[]> {
    return this.#run(`reading the offsets of ${group}`, (admin) => readRanges(admin, group, topics));
  }

  ask<Result>(doing: string, work: (admin: Admin) => Promise<Result>): Promise<Result> {
    return this.#untilAnswered(doing, work);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#connection !== undefined) this.#retire(this.#connection);
    await Promise.all(this.#closing);
  }

  async #missingOf(topics: readonly string[]): Promise<string[]> {
    if (topics.length === 0) return [];
    const present = new Set(await this.listTopics());
    return topics.filter((topic) => !present.has(topic));
  }

  #allTopics(): Promise<readonly ITopicMetadata[]> {
    return this.#untilAnswered('listing topics', async (admin) => (await admin.fetchTopicMetadata({ topics: [] })).topics);
  }

  /** For what the cluster answers soon although not yet: the leaders of a new topic. */
  async #untilAnswered<Result>(doing: string, work: (admin: Admin) => Promise<Result>): Promise<Result> {
    const deadlineMs = Date.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      try {
        return await this.#run(doing, work);
      } catch (error) {
        const isFinal = !(error as EventError).retryable || (error as EventError).code === 'SHUTTING_DOWN';
        if (isFinal || Date.now() > deadlineMs) throw error;
      }
      await setTimeout(ANSWER_POLL_MS);
    }
  }

  async #run<Result>(doing: string, work: (admin: Admin) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new EventError('SHUTTING_DOWN', `${doing}: the driver is closed`, { retryable: true });
    this.#connection ??= new AdminConnection(this.#createClient());
    const connection = this.#connection;
    try {
      return await withinDeadline(connection.use(work), REQUEST_TIMEOUT_MS, doing);
    } catch (error) {
      this.#retire(connection);
      throw toEventError(error, doing);
    }
  }

  #retire(connection: AdminConnection): void {
    if (connection === this.#connection) this.#connection = undefined;
    const closing = connection.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function topicsMissing(topics: readonly string[]): EventError {
  return new EventError('TOPIC_MISSING', `these topics do not exist: ${topics.join(', ')}`, { retryable: true });
}

async function createMissing(admin: Admin, missing: readonly TopicDeclaration[]): Promise<void> {
  const topics = missing.map(({ topic, partitions, retentionMs }) => ({
    topic,
    numPartitions: partitions ?? DEFAULT_PARTITIONS,
    replicationFactor: -1,
    configEntries: [{ name: 'retention.ms', value: String(retentionMs ?? DEFAULT_RETENTION_MS) }],
  }));
  try {
    await admin.createTopics({ topics, timeout: CREATE_TIMEOUT_MS, waitForLeaders: false });
  } catch (error) {
    if (!isOnlyAlreadyThere(error)) throw error;
  }
}

/** Two services that start together create the same topic; the second is told so. */
function isOnlyAlreadyThere(error: unknown): boolean {
  const errors = (error as { errors?: readonly { type?: string }[] }).errors ?? [];
  return errors.length > 0 && errors.every((each) => each.type === 'TOPIC_ALREADY_EXISTS');
}

function hasLeaders({ partitions }: ITopicMetadata): boolean {
  return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
}

/** @throws when an offset is missing: to begin at the start instead, or not at all, would go unnoticed */
async function readRanges(admin: Admin, group: string, topics: readonly string[]): Promise<GroupOffset[]> {
  const ranges: GroupOffset[] = [];
  for (const topic of topics) {
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    const log = await admin.fetchTopicOffsets(topic);
    if (log.length === 0 || log.some(({ partition }) => !offsets.has(partition)))
      throw new Error(`offsets of ${topic} are missing in the answer`);
    for (const { partition, low, high } of log.sort((a, b) => a.partition - b.partition)) {
      ranges.push({ topic, partition, committed: known(offsets.get(partition)), low: BigInt(low), high: BigInt(high) });
    }
  }
  return ranges;
}

/** Kafka says -1 where a group has not committed. */
function known(offset: bigint | undefined): bigint | undefined {
  return offset === undefined || offset < 0n ? undefined : offset;
}
