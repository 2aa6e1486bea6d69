import type { Event } from '@throughline/events';
import type { NewEvent } from './event-publisher.ts';

/** Publishes without a transaction, straight to the broker; calls that come together travel together, in order per key. */
export interface DirectPublisher {
  /**
   * Resolves when every in-sync replica has the event.
   * @throws {EventError} `CONTRACT_VIOLATED`, `CONTRACT_UNKNOWN`, `RECORD_TOO_LARGE`; `SEND_FAILED` (retryable) when it may or may not be there; `QUEUE_FULL` (retryable) when too many wait
   */
  publish<Data>(event: NewEvent<Data>): Promise<Event<Data>>;
  /** Fire and forget: never blocks, never throws. False = dropped and counted (queue full, contract violated, closed); a send that fails later is counted too. */
  offer<Data>(event: NewEvent<Data>): boolean;
  /** Sends what waits, within the time, and closes. */
  close(timeoutMs: number): Promise<void>;
}
