import { EventError } from '@throughline/events';
import type { TopicDeclaration } from '@throughline/messaging';
import type { Admin, Kafka } from 'kafkajs';
import { toEventError } from './to-event-error.ts';
import { withinDeadline } from './within-deadline.ts';

const DEFAULT_PARTITIONS = 6;
const DEFAULT_RETENTION_MS = 7 * 24 * 3600 * 1000;
const CREATE_TIMEOUT_MS = 15_000;
const LEADER_TIMEOUT_MS = 15_000;
const LEADER_POLL_MS = 50;

/** Where a group stands in one partition, and what the log holds: `low` is its first offset, `high` the next to be written. */
export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  /** undefined when the group never committed. */
  readonly committed: bigint | undefined;
  readonly low: bigint;
  readonly high: bigint;
}

/** Questions to and orders for the cluster, over one connection that is replaced after a failure. */
export interface TopicAdmin {
  ensureTopics(declarations: readonly TopicDeclaration[], options: { create: boolean }): Promise<void>;
  /** @throws {EventError} `TOPIC_MISSING` naming those that are missing; topics seen once are not asked for again. */
  requireTopics(topics: readonly string[]): Promise<void>;
  listTopics(): Promise<readonly string[]>;
  ping(timeoutMs: number): Promise<void>;
  ranges(group: string, topics: readonly string[]): Promise<readonly PartitionRange[]>;
  close(): Promise<void>;
}

/** Nothing is connected until it is first needed. */
export function createTopicAdmin(client: Kafka): TopicAdmin {
  return new KafkaTopicAdmin(client);
}

class KafkaTopicAdmin implements TopicAdmin {
  readonly #client: Kafka;
  readonly #known = new Set<string>();
  #admin: Promise<Admin> | undefined;

  constructor(client: Kafka) {
    this.#client = client;
  }

  async ensureTopics(declarations: readonly TopicDeclaration[], { create }: { create: boolean }): Promise<void> {
    if (declarations.length === 0) return;
    const present = new Set(await this.listTopics());
    const missing = declarations.filter(({ topic }) => !present.has(topic));
    if (missing.length > 0 && !create) throw topicsMissing(missing.map(({ topic }) => topic));
    if (missing.length > 0) await this.#run('creating topics', (admin) => createMissing(admin, missing));
    await this.#run('waiting for leaders', (admin) =>
      waitForLeaders(admin, [...new Set(declarations.map(({ topic }) => topic))]),
    );
  }

  async requireTopics(topics: readonly string[]): Promise<void> {
    if (topics.every((topic) => this.#known.has(topic))) return;
    const present = new Set(await this.listTopics());
    const missing = topics.filter((topic) => !present.has(topic));
    if (missing.length > 0) throw topicsMissing(missing);
  }

  async listTopics(): Promise<readonly string[]> {
    const topics = await this.#run('listing topics', (admin) => admin.listTopics());
    for (const topic of topics) this.#known.add(topic);
    return topics;
  }

  async ping(timeoutMs: number): Promise<void> {
    const doing = 'asking for the cluster';
    await this.#run(doing, (admin) => withinDeadline(admin.describeCluster(), timeoutMs, doing), timeoutMs);
  }

  ranges(group: string, topics: readonly string[]): Promise<readonly PartitionRange[]> {
    return this.#run(`reading the offsets of ${group}`, (admin) => readRanges(admin, group, topics));
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  async #run<Result>(doing: string, work: (admin: Admin) => Promise<Result>, connectTimeoutMs?: number): Promise<Result> {
    try {
      this.#admin ??= this.#connect();
      const admin = this.#admin;
      return await work(await (connectTimeoutMs === undefined ? admin : withinDeadline(admin, connectTimeoutMs, doing)));
    } catch (error) {
      void this.close();
      throw toEventError(error, doing);
    }
  }

  async #connect(): Promise<Admin> {
    const admin = this.#client.admin();
    await admin.connect();
    return admin;
  }
}

function topicsMissing(topics: readonly string[]): EventError {
  return new EventError('TOPIC_MISSING', `these topics do not exist: ${topics.join(', ')}`, { retryable: true });
}

async function createMissing(admin: Admin, missing: readonly TopicDeclaration[]): Promise<void> {
  const unique = [...new Map(missing.map((declaration) => [declaration.topic, declaration])).values()];
  const topics = unique.map(({ topic, partitions, retentionMs }) => ({
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

async function waitForLeaders(admin: Admin, topics: string[]): Promise<void> {
  const deadlineMs = Date.now() + LEADER_TIMEOUT_MS;
  for (;;) {
    try {
      const { topics: metadata } = await admin.fetchTopicMetadata({ topics });
      const hasLeaders = metadata.every(
        ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
      );
      if (hasLeaders && metadata.length === topics.length) return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
    if (Date.now() > deadlineMs) throw new EventError('SEND_FAILED', `no leaders for ${topics.join(', ')}`, { retryable: true });
    await new Promise((resolve) => setTimeout(resolve, LEADER_POLL_MS));
  }
}

async function readRanges(admin: Admin, group: string, topics: readonly string[]): Promise<PartitionRange[]> {
  const [committed, ...logs] = await Promise.all([
    admin.fetchOffsets({ groupId: group, topics: [...topics] }),
    ...topics.map((topic) => admin.fetchTopicOffsets(topic)),
  ]);
  return topics.flatMap((topic, index) => {
    const offsets = new Map(
      committed.find((each) => each.topic === topic)?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
    );
    return (logs[index] ?? []).map(({ partition, low, high }) => ({
      topic,
      partition,
      committed: known(offsets.get(partition)),
      low: BigInt(low),
      high: BigInt(high),
    }));
  });
}

/** Kafka says -1 where a group has not committed. */
function known(offset: bigint | undefined): bigint | undefined {
  return offset === undefined || offset < 0n ? undefined : offset;
}
