/** Every code an EventError can carry. Add here, nowhere else. */
export const EVENT_ERROR_CODES = [
  'DECODING_FAILED',
  'CONTRACT_VIOLATED',
  'CONTRACT_UNKNOWN',
  'HEADERS_INVALID',
  'RECORD_TOO_LARGE',
  'RECORD_REJECTED',
  'SEND_FAILED',
  'QUEUE_FULL',
  'DEPENDENCY_UNAVAILABLE',
  'VERSION_CONFLICT',
  'TOPIC_MISSING',
  'LEASE_LOST',
  'HANDLER_FAILED',
  'HANDLER_TIMEOUT',
  'ATTEMPTS_EXHAUSTED',
  'CONFIGURATION_REFUSED',
  'STORE_UNAVAILABLE',
  'TRANSACTION_CONFLICT',
  'SHUTTING_DOWN',
  'CLUSTER_UNAVAILABLE',
  'CLUSTER_REFUSED',
  'COMPONENT_UNKNOWN',
  'ROLLOUT_INCOMPLETE',
] as const;

export type EventErrorCode = (typeof EVENT_ERROR_CODES)[number];

const BRAND = Symbol.for('throughline.EventError');

/** The one error of the backbone: what it is (`code`), and whether trying again can help (`retryable`). */
export class EventError extends Error {
  readonly code: EventErrorCode;
  readonly retryable: boolean;

  constructor(code: EventErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'EventError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Recognises an EventError by brand, also across two copies of this package. */
export function isEventError(error: unknown): error is EventError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
