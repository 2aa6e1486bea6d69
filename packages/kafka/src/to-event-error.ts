import { EventError, type EventErrorCode, isEventError } from '@throughline/events';

const CODES: Readonly<Record<string, EventErrorCode>> = {
  MESSAGE_TOO_LARGE: 'RECORD_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'RECORD_TOO_LARGE',
  CORRUPT_MESSAGE: 'RECORD_REJECTED',
  INVALID_TIMESTAMP: 'RECORD_REJECTED',
  INVALID_RECORD: 'RECORD_REJECTED',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'RECORD_REJECTED',
  UNKNOWN_TOPIC_OR_PARTITION: 'TOPIC_MISSING',
  INVALID_TOPIC_EXCEPTION: 'TOPIC_MISSING',
};

const OF_THE_RECORDS: ReadonlySet<EventErrorCode> = new Set(['RECORD_TOO_LARGE', 'RECORD_REJECTED']);

/**
 * What went wrong in kafkajs as an EventError. Total: whatever is not known to be about the records or the topic is the broker's
 * trouble (`SEND_FAILED`, retryable), because giving up on good records is the worse mistake.
 */
export function toEventError(error: unknown, doing: string): EventError {
  if (isEventError(error)) return error;
  const code = codeOf(error);
  return new EventError(code, `${doing}: ${messageOf(error)}`, { retryable: !OF_THE_RECORDS.has(code), cause: error });
}

/** kafkajs wraps: NumberOfRetriesExceeded or NonRetriableError outside, the protocol error with its `type` inside. */
function codeOf(error: unknown): EventErrorCode {
  for (let current = error, depth = 0; isObject(current) && depth < 5; current = current.cause, depth += 1) {
    const code = typeof current.type === 'string' ? CODES[current.type] : undefined;
    if (code !== undefined) return code;
    const errors = current.errors;
    if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  }
  return 'SEND_FAILED';
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const errors = (error as { errors?: unknown }).errors;
  return Array.isArray(errors) ? `${error.message}: ${errors.map(messageOf).join('; ')}` : error.message;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
