import { EventError } from '@throughline/events';
import type { OutgoingRecord, RecordPosition, RecordProducer } from '@throughline/messaging';
import type { Logger } from '@throughline/telemetry';
import type { Message, Producer, RecordMetadata, TopicMessages } from 'kafkajs';
import type { KafkaClient } from '../client/create-client.ts';
import { toEventError } from '../to-event-error.ts';
import { withinDeadline } from '../within-deadline.ts';
import { createPinnedPartitioner, type PinnedPartitioner } from './pinned-partitioner.ts';

export interface RecordProducerOptions {
  /** Makes the client of one producer. */
  readonly createClient: () => KafkaClient;
  /** Rejects with `TOPIC_MISSING` for a topic that does not exist. */
  readonly requireTopics: (topics: readonly string[]) => Promise<void>;
  readonly name: string;
  readonly logger: Logger;
}

interface Connection {
  readonly client: KafkaClient;
  readonly producer: Producer;
  readonly partitioner: PinnedPartitioner;
  /** The request under way or the last one; kafkajs goes on with it after our deadline. */
  sending: Promise<unknown>;
}

/** One call of `send`: once it is over, nothing of it may begin any more. */
interface Attempt {
  isOver: boolean;
}

/** Few enough that an abandoned send ends within about 20 s even when no broker answers. */
const RETRY = { retries: 20, initialRetryTime: 50, maxRetryTime: 1000, factor: 0.2, multiplier: 2 };

/** How long closing may wait for a connection to end. */
const CLOSE_TIMEOUT_MS = 5000;

/** @returns an idempotent producer that sends one request at a time, in the order of the calls. */
export function createRecordProducer(options: RecordProducerOptions): RecordProducer {
  return new KafkaRecordProducer(options);
}

class KafkaRecordProducer implements RecordProducer {
  readonly #options: RecordProducerOptions;
  #tail: Promise<unknown> = Promise.resolve();
  #connection: Promise<Connection> | undefined;
  #isClosed = false;
  readonly #abandoned = new Set<Promise<void>>();
  readonly #clients = new Set<KafkaClient>();

  constructor(options: RecordProducerOptions) {
    this.#options = options;
  }

  send(records: readonly OutgoingRecord[], { timeoutMs }: { timeoutMs: number }): Promise<readonly RecordPosition[]> {
    const deadlineMs = performance.now() + timeoutMs;
    const turn = this.#tail.then(() => this.#sendWithin(records, deadlineMs));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tail;
    const connection = await this.#connection?.catch(() => undefined);
    this.#connection = undefined;
    const ended = Promise.all([this.#disconnect(connection), ...this.#abandoned]);
    await withinDeadline(ended, CLOSE_TIMEOUT_MS, 'closing a producer').catch(() => undefined);
    for (const client of this.#clients) client.end();
  }

  async #sendWithin(records: readonly OutgoingRecord[], deadlineMs: number): Promise<readonly RecordPosition[]> {
    const doing = `sending ${records.length} record(s) to ${topicsOf(records).join(', ')}`;
    if (this.#isClosed) throw new EventError('SHUTTING_DOWN', `${doing}: the producer is closed`, { retryable: true });
    if (records.length === 0) return [];
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw new EventError('SEND_FAILED', `${doing}: not begun within its time`, { retryable: true });
    const attempt: Attempt = { isOver: false };
    try {
      return await withinDeadline(this.#send(records, attempt), leftMs, doing);
    } catch (error) {
      attempt.isOver = true;
      this.#abandon();
      throw toEventError(error, doing);
    }
  }

  async #send(records: readonly OutgoingRecord[], attempt: Attempt): Promise<readonly RecordPosition[]> {
    await this.#options.requireTopics(topicsOf(records));
    if (attempt.isOver) return [];
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    if (attempt.isOver) return [];
    const messages = records.map(toMessage);
    const sending = connection.producer.sendBatch({ acks: -1, topicMessages: byTopic(records, messages) });
    connection.sending = sending.catch(() => undefined);
    const acknowledged = await sending;
    return positions({ records, messages, acknowledged });
  }

  async #connect(): Promise<Connection> {
    const partitioner = createPinnedPartitioner();
    const client = this.#options.createClient();
    this.#clients.add(client);
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: partitioner.createPartitioner,
      retry: RETRY,
    });
    const connection = { client, producer, partitioner, sending: Promise.resolve() };
    try {
      await producer.connect();
      return connection;
    } catch (error) {
      await this.#disconnect(connection);
      throw error;
    }
  }

  /**
   * After any failure the producer is not used again: kafkajs takes back the sequence numbers of a whole request when one partition of it
   * failed or the answer was lost. What the broker did append under them it would take for a repeat the next time: acknowledged, not stored.
   */
  #abandon(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    const ended = connection.then((abandoned) => this.#endAbandoned(abandoned)).catch(() => undefined);
    this.#abandoned.add(ended);
    void ended.then(() => this.#abandoned.delete(ended));
    this.#options.logger.debug({ producer: this.#options.name }, 'Producer replaced after a failed send');
  }

  /** Disconnecting sooner would make kafkajs connect again for its next try, and stay connected. */
  async #endAbandoned(connection: Connection): Promise<void> {
    connection.partitioner.abandon();
    await connection.sending;
    await this.#disconnect(connection);
  }

  async #disconnect(connection: Connection | undefined): Promise<void> {
    if (connection === undefined) return;
    await connection.producer.disconnect().catch(() => undefined);
    connection.client.end();
    this.#clients.delete(connection.client);
  }
}

function topicsOf(records: readonly OutgoingRecord[]): string[] {
  const topics = new Set<string>();
  for (const { topic } of records) topics.add(topic);
  return [...topics];
}

/** Written by the partitioner, read by kafkajs, which does not change its headers. */
function toMessage({ key, value, headers }: OutgoingRecord): Message {
  return { key, value, headers: headers as NonNullable<Message['headers']> };
}

function byTopic(records: readonly OutgoingRecord[], messages: readonly Message[]): TopicMessages[] {
  const grouped = new Map<string, Message[]>();
  records.forEach((record, index) => {
    const message = messages[index] as Message;
    const list = grouped.get(record.topic);
    if (list === undefined) grouped.set(record.topic, [message]);
    else list.push(message);
  });
  return [...grouped].map(([topic, list]) => ({ topic, messages: list }));
}

/** The broker answers with the first offset of each partition's part; inside it the order is that of the request. */
function positions(sent: {
  readonly records: readonly OutgoingRecord[];
  readonly messages: readonly Message[];
  readonly acknowledged: readonly RecordMetadata[];
}): RecordPosition[] {
  const next = new Map<string, bigint[]>();
  for (const { topicName, partition, baseOffset, offset } of sent.acknowledged) {
    const offsets = next.get(topicName) ?? [];
    offsets[partition] = BigInt(baseOffset ?? offset ?? '-1');
    next.set(topicName, offsets);
  }
  return sent.records.map(({ topic }, index) => {
    const partition = sent.messages[index]?.partition ?? -1;
    const offsets = next.get(topic);
    const offset = offsets?.[partition];
    if (offsets === undefined || offset === undefined) throw new Error(`no acknowledgement for ${topic}/${partition}`);
    offsets[partition] = offset + 1n;
    return { topic, partition, offset };
  });
}
