import { type EventErrorCode, isEventError } from '@throughline/events';
import type { DeadLetterReason } from '../inbox.ts';

/**
 * What is to become of an event whose handling failed.
 * `dead-letter`: trying again cannot help. `transient`: it can, every tier takes its inline tries. `unknown`: tried in place, then once in each tier.
 * `systemic`: the event is not to blame; it keeps its place and its attempts, and the driver comes back.
 */
export interface Verdict {
  readonly fate: 'dead-letter' | 'transient' | 'unknown' | 'systemic';
  readonly reason: DeadLetterReason;
}

const BY_CODE: Readonly<Record<EventErrorCode, Verdict>> = {
  DECODING_FAILED: { fate: 'dead-letter', reason: 'decoding' },
  HEADERS_INVALID: { fate: 'dead-letter', reason: 'decoding' },
  CONTRACT_VIOLATED: { fate: 'dead-letter', reason: 'contract' },
  CONTRACT_UNKNOWN: { fate: 'dead-letter', reason: 'contract' },
  RECORD_TOO_LARGE: { fate: 'dead-letter', reason: 'handler' },
  RECORD_REJECTED: { fate: 'dead-letter', reason: 'handler' },
  SEND_FAILED: { fate: 'transient', reason: 'handler' },
  TOPIC_MISSING: { fate: 'transient', reason: 'handler' },
  QUEUE_FULL: { fate: 'transient', reason: 'handler' },
  DEPENDENCY_UNAVAILABLE: { fate: 'systemic', reason: 'handler' },
  VERSION_CONFLICT: { fate: 'transient', reason: 'handler' },
  LEASE_LOST: { fate: 'systemic', reason: 'handler' },
  HANDLER_FAILED: { fate: 'unknown', reason: 'handler' },
  HANDLER_TIMEOUT: { fate: 'unknown', reason: 'timeout' },
  ATTEMPTS_EXHAUSTED: { fate: 'dead-letter', reason: 'attempts' },
  CONFIGURATION_REFUSED: { fate: 'dead-letter', reason: 'handler' },
  STORE_UNAVAILABLE: { fate: 'systemic', reason: 'handler' },
  TRANSACTION_CONFLICT: { fate: 'transient', reason: 'handler' },
  SHUTTING_DOWN: { fate: 'systemic', reason: 'handler' },
  CLUSTER_UNAVAILABLE: { fate: 'systemic', reason: 'handler' },
  CLUSTER_REFUSED: { fate: 'dead-letter', reason: 'handler' },
  COMPONENT_UNKNOWN: { fate: 'dead-letter', reason: 'handler' },
  ROLLOUT_INCOMPLETE: { fate: 'transient', reason: 'handler' },
};

const DEAD: Verdict = { fate: 'dead-letter', reason: 'handler' };
const TRANSIENT: Verdict = { fate: 'transient', reason: 'handler' };
const UNKNOWN: Verdict = { fate: 'unknown', reason: 'handler' };

/** Mistakes in code: the same input fails the same way. */
const PROGRAMMING_ERRORS: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Total: every thrown value has a verdict. An error says for itself with a boolean `retryable`; codes of the network count wherever they stand in the chain of causes. */
export function classify(error: unknown): Verdict {
  if (isEventError(error)) return verdictOfEventError(error.code, error.retryable);
  if (isObject(error) && typeof error.retryable === 'boolean') return error.retryable ? TRANSIENT : DEAD;
  if (hasNetworkCode(error)) return TRANSIENT;
  if (error instanceof Error && PROGRAMMING_ERRORS.has(error.name)) return DEAD;
  return UNKNOWN;
}

/** HANDLER_FAILED is for handlers to throw: there `retryable` decides. */
function verdictOfEventError(code: EventErrorCode, isRetryable: boolean): Verdict {
  if (code === 'HANDLER_FAILED') return isRetryable ? TRANSIENT : DEAD;
  return BY_CODE[code];
}

function hasNetworkCode(error: unknown): boolean {
  for (let current = error, depth = 0; isObject(current) && depth < 5; current = current.cause, depth += 1) {
    if (typeof current.code === 'string' && NETWORK_CODES.has(current.code)) return true;
  }
  return false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
