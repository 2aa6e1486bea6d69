import type { IncomingRecord, OutgoingRecord, RecordPosition } from './record.ts';

/** Sends records with acks from all in-sync replicas, idempotently, one request outstanding at a time, so order per key holds. */
export interface RecordProducer {
  /**
   * Resolves when every record is acknowledged; positions are in the order of `records`.
   * A send of unknown outcome is settled (retried by the same producer or the producer replaced) before anything else is sent.
   * @throws {EventError} `RECORD_TOO_LARGE` or `RECORD_REJECTED` (not retryable: of the records), `TOPIC_MISSING` or `SEND_FAILED` (retryable: of the broker).
   */
  send(records: readonly OutgoingRecord[], options: { timeoutMs: number }): Promise<readonly RecordPosition[]>;
  close(): Promise<void>;
}

export interface TopicDeclaration {
  readonly topic: string;
  /** (Default: 6) */
  readonly partitions?: number;
  /** Milliseconds, -1 keeps for ever. (Default: 7 days) */
  readonly retentionMs?: number;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called for each record; records of one (topic, key) one after the other in offset order, others side by side. A record with a null key waits for nobody.
   * Resolved = done, its offset may be committed. Rejected = not done: the driver keeps the offset, waits and calls again with the same record.
   * `signal` aborts when the assignment is lost or the drain deadline is over.
   */
  readonly handle: (record: IncomingRecord, signal: AbortSignal) => Promise<void>;
  /** When a record must not be handled before a time (retry topics): milliseconds since the epoch, or undefined for at once. The partition is paused until then. */
  readonly dueAtMs?: (record: IncomingRecord) => number | undefined;
  /** Records in work at once in this member. (Default: 32) */
  readonly concurrency?: number;
  /** Records fetched and not finished in one partition, above which it is paused: bounds memory and the commit gap. (Default: 1000) */
  readonly maxUncommitted?: number;
  /** The same in bytes of keys, values and headers. (Default: 16 MiB) */
  readonly maxUncommittedBytes?: number;
  /** Bytes of all partitions of this member whose records are due. (Default: 64 MiB) */
  readonly maxMemberBytes?: number;
  /** (Default: 30 000) */
  readonly sessionTimeoutMs?: number;
  /** (Default: 60 000) */
  readonly rebalanceTimeoutMs?: number;
  /** Offsets are committed at most this often, and at revoke and stop. (Default: 250) */
  readonly commitIntervalMs?: number;
  /** At stop: how long work in flight may take to end. Must be below `rebalanceTimeoutMs`. (Default: 20 000) */
  readonly drainDeadlineMs?: number;
}

/** How far a consumer is behind in one topic. */
export interface TopicProgress {
  /** Records between what is done and the end of the log. */
  readonly lag: bigint;
  /** When the oldest record that was fetched and is not finished was written, milliseconds since the epoch; where a partition is halted, since when at the latest. */
  readonly oldestTimestampMs: number | undefined;
}

/** How a consumer is doing; the basis of liveness (progress, not heartbeats) and readiness. */
export interface ConsumerState {
  readonly isJoined: boolean;
  readonly inFlight: number;
  /** Paused on purpose: a full queue, or a record that is not due. */
  readonly pausedPartitions: number;
  /** Stopped because their position is outside of the log (records were lost, or the topic was made anew); a person decides, nothing is skipped. */
  readonly haltedPartitions: number;
  /** Records fetched from partitions and not yet begun. */
  readonly queued: number;
  /** Milliseconds since the epoch of the last fetch that brought records, or end of a try, good or bad. */
  readonly lastProgressAtMs: number;
  /** Records between what is done and the end of the log, as the last fetches saw it; undefined while that is not known. */
  readonly lag: bigint | undefined;
  /** The same of the partitions that should get on: neither halted nor waiting for a record that is not due. */
  readonly dueLag: bigint | undefined;
  readonly topics?: ReadonlyMap<string, TopicProgress>;
}

export interface RecordConsumer {
  state(): ConsumerState;
  /** Takes no new work, lets work in flight end within the drain deadline, commits, leaves the group. */
  stop(): Promise<void>;
}

/** A broker as the backbone needs it. Implemented by packages/kafka, and in memory for tests. */
export interface MessagingDriver {
  createProducer(options: { name: string }): Promise<RecordProducer>;
  consume(options: ConsumeOptions): Promise<RecordConsumer>;
  /** Creates what is missing when `create`, else @throws {EventError} `TOPIC_MISSING` naming every missing topic. Never changes an existing topic. */
  ensureTopics(declarations: readonly TopicDeclaration[], options: { create: boolean }): Promise<void>;
  listTopics(): Promise<readonly string[]>;
  /** @throws {EventError} `TOPIC_MISSING` */
  partitionCount(topic: string): Promise<number>;
  /** Resolves when a broker answers within the time. @throws {EventError} `SEND_FAILED` */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
