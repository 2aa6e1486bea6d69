import type { ContractRegistry } from '@throughline/contracts';
import type { EnvelopeCodec, Event } from '@throughline/events';
import type { RetryPolicy } from './retry-policy.ts';

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

/** A consumer group's declaration: what it reads and what it does with it. */
export interface Subscription<Tx> {
  /** `<system>.<service>[.<subscription>]` */
  readonly group: string;
  /** Topic names. */
  readonly topics: readonly string[];
  readonly codec: EnvelopeCodec;
  readonly contracts: ContractRegistry;
  /** By event type; a type without a handler is skipped and its offset committed. Data has been checked against the contract (open view). */
  // biome-ignore lint/suspicious/noExplicitAny: each handler names the payload type that its contract guarantees
  readonly handlers: Readonly<Record<string, EventHandler<Tx, any>>>;
  /** `none`: failures go through retry topics and may be overtaken. (`key` parks the key; arrives with the delivery guarantees.) */
  readonly order: 'none';
  /** (Default: see RetryPolicy) */
  readonly retry?: Partial<RetryPolicy>;
  /** A handler that runs longer is aborted and counts as failed, milliseconds. (Default: 15 000) */
  readonly handlerTimeoutMs?: number;
  /** Records in work at once in this process. (Default: 32) */
  readonly concurrency?: number;
}
