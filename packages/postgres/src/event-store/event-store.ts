import type { Transaction } from '../database/database.ts';

/** Names the stream of events of one aggregate. */
export interface StreamName {
  readonly aggregateType: string;
  readonly aggregateId: string;
}

/** An event to be appended. */
export interface NewStreamEvent {
  /** A UUID, unique in the store. (Default: a random one) */
  readonly id?: string;
  readonly type: string;
  /** What JSON can hold. */
  readonly data: unknown;
  /** Version of the form of `data`. (Default: 1) */
  readonly schemaVersion?: number;
  /** What belongs to the event and not to its aggregate: correlation, causation, owner. (Default: none) */
  readonly metadata?: Readonly<Record<string, string>>;
  /** (Default: now) */
  readonly occurredAt?: Date;
}

/** An event as it is read, in its newest form. */
export interface StreamEvent<Data = unknown> extends StreamName {
  readonly id: string;
  /** 1 for the first event of the stream, without gaps. */
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: Data;
  readonly metadata: Readonly<Record<string, string>>;
  readonly occurredAt: Date;
}

/** Version that the stream must have: of its last event, `none` (or 0) for a stream without events; `any` appends behind whatever is there. */
export type ExpectedVersion = number | 'none' | 'any';

export interface AppendOptions {
  readonly expectedVersion: ExpectedVersion;
  /** The caller's transaction; what else it writes (outbox rows, a read model) commits with the events. (Default: one of its own) */
  readonly tx?: Transaction;
}

/** Where a reader of all streams is. Opaque; keep it as text, beside what was made of the events. It holds across restarts and restores. */
export type Checkpoint = string;

export interface EventPage {
  /** Each stream's in the order of its versions; streams among each other about in the order of their transactions. */
  readonly events: readonly StreamEvent[];
  /** What to read after next time; moves on also when no event was of the wanted types. */
  readonly checkpoint: Checkpoint;
}

/** Events as the truth about aggregates, with optimistic concurrency. */
export interface EventStore {
  /**
   * Appends in the given order, all or none. Resolves with the version of the last one.
   * @throws {EventError} `VERSION_CONFLICT` (retryable: read the stream again and decide anew) with `actualVersion`, when the stream has another version; a transaction of the caller's stays usable
   */
  append(stream: StreamName, events: readonly NewStreamEvent[], options: AppendOptions): Promise<number>;
  /** The events of one aggregate from a version on (default 1), at most `limit` (default: all), read in pages as they are asked for. */
  getEvents(
    aggregateType: string,
    aggregateId: string,
    options?: { readonly fromVersion?: number; readonly limit?: number },
  ): AsyncIterable<StreamEvent>;
  /**
   * The next events of all streams after a checkpoint (undefined = from the beginning), in the one order that never changes: nothing appears before a checkpoint that
   * was given out. So events wait until every transaction that began writing before them has ended, in any database of the cluster.
   * @throws {EventError} `CONFIGURATION_REFUSED` for a text that is no checkpoint
   */
  readAll(
    after: Checkpoint | undefined,
    options?: { /** (Default: all) */ readonly types?: readonly string[] /** (Default: 500) */; readonly limit?: number },
  ): Promise<EventPage>;
}
