import type { Event } from '@throughline/events';

/** What the caller says of a new event; id, time, correlation and trace are filled in. */
export interface NewEvent<Data> {
  /** Identity, where a repeat of the same request must make the same event: a UUID, e.g. `uuidV5` of the request's idempotency key. (Default: a random UUID) */
  readonly id?: string;
  readonly type: string;
  readonly data: Data;
  /** Aggregate's id: record key and unit of order. */
  readonly key: string;
  readonly ownerId?: string;
  readonly subject?: string;
  /** Taken from the handler's context when an event is published while handling another. */
  readonly cause?: { readonly correlationId: string; readonly causationId: string };
}

/** Publishes with a guarantee: the event is checked against its contract, encoded, and inserted into the outbox of the caller's transaction. */
export interface EventPublisher<Tx> {
  /**
   * Resolves with the complete event once its outbox row is in the transaction.
   * @throws {EventError} `CONTRACT_VIOLATED` (closed view), `CONTRACT_UNKNOWN`, `RECORD_TOO_LARGE`; the caller's transaction must then roll back.
   */
  publish<Data>(tx: Tx, event: NewEvent<Data>): Promise<Event<Data>>;
}
