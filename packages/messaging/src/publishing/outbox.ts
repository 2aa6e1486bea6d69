/** A record waiting in the outbox: the event encoded once, where the state change happens. */
export interface OutboxMessage {
  /** eventId */
  readonly id: string;
  /** Order holds among messages of the same (aggregateType, aggregateId), across topics. */
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** Event type. */
  readonly type: string;
  readonly topic: string;
  /** Record key; null sends without a key. */
  readonly key: string | null;
  readonly payload: Buffer;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** Where an event is put down in the transaction of the state change. */
export interface Outbox<Tx> {
  /** Inserts in the given order; the relay is woken after the commit. @throws {EventError} `RECORD_TOO_LARGE` before anything is inserted. */
  insert(tx: Tx, messages: readonly OutboxMessage[]): Promise<void>;
}
