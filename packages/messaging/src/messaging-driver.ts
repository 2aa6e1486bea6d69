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

/** A record of a chunk that keeps its place. */
export interface UnfinishedRecord {
  readonly record: IncomingRecord;
  readonly error: unknown;
  /**
   * When the record is handed out again, milliseconds from now; others are not held up (somebody else has it in work, the parking lot is full).
   * Without it a store or the broker is away: nothing begins for a while, then one record as a probe, then gradually more.
   */
  readonly retryAfterMs?: number;
}

export interface ChunkContext {
  /** Aborts when the assignment is lost or the drain deadline is over. */
  readonly signal: AbortSignal;
  /** Says that records are done before the rest of their chunk is: their keys go on, their offsets may be committed. */
  readonly finish: (records: readonly IncomingRecord[]) => void;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called with a chunk: one or more records of one partition in offset order, as many as wait when there is room for one more chunk. While a record is in a chunk,
   * records of its (topic, key) are in no other; records with a null key wait for nobody. Resolves with the records that are not done: they keep their offset and come again, before later
   * ones of their key. Of one key these must be the last ones of the chunk. A rejection means that none is done that was not `finish`ed.
   */
  readonly handle: (records: readonly IncomingRecord[], context: ChunkContext) => Promise<readonly UnfinishedRecord[]>;
  /** Records a chunk at most, asked before each chunk so that it may follow what handlers take. 1 = each alone. (Default: 1) */
  readonly maxChunkRecords?: () => number;
  /** When a record must not be handled before a time (retry topics): milliseconds since the epoch, or undefined for at once. The partition is paused until then. */
  readonly dueAtMs?: (record: IncomingRecord) => number | undefined;
  /** How long a record may wait to be fetched together with later ones, milliseconds; where much waits nothing lingers. Drivers without fetches hand over at once. (Default: 0) */
  readonly lingerMs?: number;
  /** Chunks in work at once in this member. (Default: 8) */
  readonly concurrency?: number;
  /**
   * Records of one partition that were fetched and cannot be committed, above which it is paused: those that are done behind one that is not count, so it bounds for how long one may take while the
   * others go on, and what comes again after a crash. (Default: 10 000, at most 1000 of them not done)
   */
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
  /** Records that are done behind one of their partition that is not, so that they cannot be committed. */
  readonly finishedAhead: number;
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
  /** Reads these topics from now on; what is in work or queued of topics that stay goes on. Resolves when the member has joined with them, or goes on trying to. */
  setTopics(topics: readonly string[]): Promise<void>;
  /** Takes no new work, lets work in flight end within the drain deadline, commits, leaves the group. */
  stop(): Promise<void>;
}

/** A place in the log of one partition. */
export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Where a group stands in one partition. */
export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to be handled; undefined when the group never committed. */
  readonly committed: bigint | undefined;
  /** First offset in the log. */
  readonly low: bigint;
  /** Next offset to be written. */
  readonly high: bigint;
}

/** What is asked of and ordered for consumer groups from outside of them. */
export interface GroupAdmin {
  /** For each partition the first offset written at or after the time (milliseconds since the epoch), or the end of the log. */
  offsetsAt(topics: readonly string[], timestampMs: number): Promise<readonly PartitionOffset[]>;
  /** The end of the log of each partition. */
  endOffsets(topics: readonly string[]): Promise<readonly PartitionOffset[]>;
  offsets(group: string, topics: readonly string[]): Promise<readonly GroupOffset[]>;
  /** Members of the group at present; 0 for one that does not exist. */
  memberCount(group: string): Promise<number>;
  /** @throws {EventError} `CONFIGURATION_REFUSED` while the group has members */
  setOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void>;
  /** Forgets a group that has no members; none of that name is no error. */
  delete(group: string): Promise<void>;
}

/** A broker as the backbone needs it. Implemented by packages/kafka, and in memory for tests. */
export interface MessagingDriver {
  createProducer(options: { name: string }): Promise<RecordProducer>;
  consume(options: ConsumeOptions): Promise<RecordConsumer>;
  /** Creates what is missing when `create`, else @throws {EventError} `TOPIC_MISSING` naming every missing topic. Never changes an existing topic. */
  ensureTopics(declarations: readonly TopicDeclaration[], options: { create: boolean }): Promise<void>;
  listTopics(): Promise<readonly string[]>;
  readonly groups: GroupAdmin;
  /** @throws {EventError} `TOPIC_MISSING` */
  partitionCount(topic: string): Promise<number>;
  /** Resolves when a broker answers within the time. @throws {EventError} `SEND_FAILED` */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
