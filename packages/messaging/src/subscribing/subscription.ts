import type { ContractRegistry } from '@throughline/contracts';
import type { EnvelopeCodec, Event } from '@throughline/events';
import type { BreakerPolicy } from '../breaker/breaker-policy.ts';
import type { RetryPolicy } from '../retries/retry-policy.ts';

/** What a handler gets beside the event. */
export interface HandlerContext<Tx> {
  /** The transaction in which the event is recorded as processed; state changes and outbox rows made with it commit together with that record, or not at all. */
  readonly tx: Tx;
  /** 1 = first try. */
  readonly attempt: number;
  /** Aborts when the result would be thrown away (assignment lost, drain over, handler timeout). */
  readonly signal: AbortSignal;
  /** `<group>:<eventId>`: hand it to effects outside Postgres. */
  readonly idempotencyKey: string;
  /** Correlation and causation for events published while handling this one. */
  readonly cause: { readonly correlationId: string; readonly causationId: string };
}

export type EventHandler<Tx, Data = unknown> = (event: Event<Data>, context: HandlerContext<Tx>) => Promise<void>;

/** One event of a batch, with what a handler of single events gets in its context. */
export interface BatchItem<Data = unknown> {
  readonly event: Event<Data>;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly cause: HandlerContext<never>['cause'];
}

/** Takes many events of one type in one transaction; when it throws, the batch is split until the bad event is alone. */
export type BatchHandler<Tx, Data = unknown> = (
  batch: readonly BatchItem<Data>[],
  context: Pick<HandlerContext<Tx>, 'tx' | 'signal'>,
) => Promise<void>;

/** A consumer group's declaration: what it reads and what it does with it. */
export interface Subscription<Tx> {
  /** `<system>.<service>[.<subscription>]` */
  readonly group: string;
  /** Names or patterns (`file.*`, `*.failed`, `#`); topics that appear later are read too. */
  readonly topics: readonly string[];
  readonly codec: EnvelopeCodec;
  readonly contracts: ContractRegistry;
  /**
   * By event type, or pattern of types (an exact name wins, then the order of declaration); a type without a handler is skipped and its offset committed. Data has been checked against the
   * contract (open view). Called once an event; events that arrive together share a transaction.
   */
  // biome-ignore lint/suspicious/noExplicitAny: each handler names the payload type that its contract guarantees
  readonly handlers?: Readonly<Record<string, EventHandler<Tx, any>>>;
  /** The same for handlers that take many events at once. A type or pattern stands in one of the two. */
  // biome-ignore lint/suspicious/noExplicitAny: as in handlers
  readonly batchHandlers?: Readonly<Record<string, BatchHandler<Tx, any>>>;
  /**
   * `none`: failures go through retry topics and may be overtaken. `key`: a failed event waits in the group's database, and every later event of its key behind it;
   * other keys flow. Needs an inbox with a parking lot.
   */
  readonly order: 'key' | 'none';
  /** Handlers do something outside the transaction (mail, HTTP): each event gets a transaction of its own. (Default: false) */
  readonly hasOutsideEffects?: boolean;
  /** Events may be handled again in a side replay. (Default: false) */
  readonly isReplayable?: boolean;
  /** (Default: see RetryPolicy) */
  readonly retry?: Partial<RetryPolicy>;
  /** A handler that runs longer is aborted and counts as failed, milliseconds. (Default: 15 000) */
  readonly handlerTimeoutMs?: number;
  /**
   * A handler of single events that runs longer leaves the transaction that it shares, without a try being counted: the others are run again without it, and it has one of
   * its own with the whole `handlerTimeoutMs`. Milliseconds. (Default: 1 000)
   */
  readonly slowHandlerMs?: number;
  /**
   * How long an event may wait to be handled together with later ones, milliseconds, at most 1,000. For queues that need no answer at once: at some hundred events a second they come
   * in twos and threes otherwise, and fetches, claims, transactions and commits cost several times what the handlers do. Where much waits nothing lingers. (Default: 0)
   */
  readonly lingerMs?: number;
  /** Transactions at once in this process; more for handlers that wait for others. (Default: 4) */
  readonly concurrency?: number;
  /** Events in one transaction, at most; fewer while handlers are slow. (Default: 512) */
  readonly maxBatchEvents?: number;
  /** Retries and dead letters stop, and the group probes one event at a time, when so many different keys failed in a row of failures. (Default: see BreakerPolicy) */
  readonly breaker?: Partial<BreakerPolicy>;
}
