import { queueRetryPolicy, type RetryPolicy } from '@throughline/messaging';
import { ConfigError } from './config-error.ts';

/** The settings of QUEUE_FIELDS that depend on each other. */
export interface QueueSettings {
  readonly handlerTimeoutMs: number;
  readonly visibilityTimeoutMs: number;
  readonly maxReceiveCount: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffFactor: number;
}

/** What a subscription and the backbone need of a queue's settings. */
export interface Queue {
  readonly claimLeaseMs: number;
  readonly retry: RetryPolicy;
}

/** The settings as a queue's retry policy and claim lease. @throws {ConfigError} naming both variables of each pair that contradict each other */
export function checkQueue(settings: QueueSettings): Queue {
  const { handlerTimeoutMs, visibilityTimeoutMs, maxReceiveCount, retryBackoffMs, retryBackoffFactor } = settings;
  const faults: string[] = [];
  if (handlerTimeoutMs >= visibilityTimeoutMs) {
    faults.push(
      `HANDLER_TIMEOUT_MS (${handlerTimeoutMs}) must be below VISIBILITY_TIMEOUT_MS (${visibilityTimeoutMs}): an event could be received again while its handler still runs`,
    );
  }
  const retry = policyOf({ maxReceiveCount, backoffMs: retryBackoffMs, backoffFactor: retryBackoffFactor }, faults);
  if (faults.length > 0 || retry === undefined) throw new ConfigError(faults);
  return { claimLeaseMs: visibilityTimeoutMs, retry };
}

const VARIABLES = {
  maxReceiveCount: 'MAX_RECEIVE_COUNT',
  backoffMs: 'RETRY_BACKOFF_MS',
  backoffFactor: 'RETRY_BACKOFF_FACTOR',
} as const;

/** In the words of whoever sets the variables. */
function policyOf(policy: Parameters<typeof queueRetryPolicy>[0], faults: string[]): RetryPolicy | undefined {
  try {
    return queueRetryPolicy(policy);
  } catch (error) {
    const { message } = error as Error;
    faults.push(Object.entries(VARIABLES).reduce((text, [name, variable]) => text.replaceAll(name, variable), message));
    return undefined;
  }
}
