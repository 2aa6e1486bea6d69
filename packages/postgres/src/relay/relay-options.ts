import { EventError } from '@throughline/events';
import type { MessagingDriver } from '@throughline/messaging';
import type { Logger, Metrics } from '@throughline/telemetry';
import type { Database } from '../database/database.ts';

export interface RelayOptions {
  readonly database: Database;
  readonly driver: Pick<MessagingDriver, 'createProducer'>;
  /** The service's; part of the producers' names and of the owner's name in the table of leases. */
  readonly name: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Producers, each with one send under way and its own part of the shards. (Default: 2) */
  readonly producers?: number;
  /** How long a shard stays ours without a renewal, which happens at a third of it; as long waits a shard whose owner died. Milliseconds. (Default: 12 000) */
  readonly leaseMs?: number;
  /** A send takes at most this, and always less than what is left of the lease, milliseconds. (Default: 5 000) */
  readonly sendTimeoutMs?: number;
  /** (Default: 1 000) */
  readonly maxBatchRows?: number;
  /** Keys, values and headers of one batch together; one record may be larger by itself. (Default: 1 000 000) */
  readonly maxBatchBytes?: number;
  /** Sends of a record that the broker refuses, before its key waits for a person. (Default: 5) */
  readonly maxAttempts?: number;
  /** Delay before the second attempt of a refused record, doubled for each further, milliseconds. (Default: 1 000) */
  readonly retryDelayMs?: number;
  /** Pause after the first look that found nothing; doubles up to `maxPollMs`, and ends at once with `wake()`. (Default: 20) */
  readonly minPollMs?: number;
  /** The longest a row waits when no wake-up reaches its shard's owner, milliseconds. (Default: 1 000) */
  readonly maxPollMs?: number;
  /** Milliseconds of a clock that only goes forward. (Default: performance.now) */
  readonly now?: () => number;
  /** In [0, 1). (Default: Math.random) */
  readonly random?: () => number;
}

/** The options with their defaults. */
export interface RelaySettings extends Required<RelayOptions> {
  /** Left of a lease after the longest send, for marking what was sent. */
  readonly leaseMarginMs: number;
}

/** @throws {EventError} `CONFIGURATION_REFUSED` when a send does not fit into what a renewal leaves of a lease. */
export function relaySettings(options: RelayOptions): RelaySettings {
  const leaseMs = options.leaseMs ?? 12_000;
  const sendTimeoutMs = options.sendTimeoutMs ?? 5_000;
  const leaseMarginMs = leaseMs / 24;
  if (sendTimeoutMs + leaseMarginMs > (leaseMs * 2) / 3) {
    throw new EventError(
      'CONFIGURATION_REFUSED',
      `sendTimeoutMs (${sendTimeoutMs}) must stay below 0.6 of leaseMs (${leaseMs}).`,
    );
  }
  return {
    producers: 2,
    maxBatchRows: 1_000,
    maxBatchBytes: 1_000_000,
    maxAttempts: 5,
    retryDelayMs: 1_000,
    minPollMs: 20,
    maxPollMs: 1_000,
    now: () => performance.now(),
    random: Math.random,
    ...options,
    leaseMs,
    sendTimeoutMs,
    leaseMarginMs,
  };
}
