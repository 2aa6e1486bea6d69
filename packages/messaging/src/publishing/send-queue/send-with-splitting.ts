import { EventError, type EventErrorCode, isEventError } from '@throughline/events';
import type { QueuedRecord } from './queued-record.ts';

type Send = (batch: readonly QueuedRecord[]) => Promise<unknown>;

const RECORD_ERRORS: ReadonlySet<EventErrorCode> = new Set(['RECORD_TOO_LARGE', 'RECORD_REJECTED']);

/**
 * Sends a batch and settles each of its records. Where the broker refuses records the batch is halved until they are alone, where a topic is missing it is parted by topic;
 * any other failure leaves open what arrived, and is that of all. Parts go one after the other, so the order within the batch holds. Never rejects.
 */
export async function sendWithSplitting(batch: readonly QueuedRecord[], send: Send): Promise<void> {
  try {
    await send(batch);
  } catch (cause) {
    const error = toSendError(cause);
    const parts = partsOf(batch, error.code);
    if (parts.length <= 1) settleAll(batch, error);
    else for (const part of parts) await sendWithSplitting(part, send);
    return;
  }
  settleAll(batch);
}

export function settleAll(batch: readonly QueuedRecord[], error?: EventError): void {
  for (const { settle } of batch) settle(error);
}

function partsOf(batch: readonly QueuedRecord[], code: EventErrorCode): readonly (readonly QueuedRecord[])[] {
  if (code === 'TOPIC_MISSING') return [...Map.groupBy(batch, ({ record }) => record.topic).values()];
  if (!RECORD_ERRORS.has(code) || batch.length === 1) return [batch];
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}

function toSendError(cause: unknown): EventError {
  if (isEventError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EventError('SEND_FAILED', `the send failed: ${message}`, { retryable: true, cause });
}
